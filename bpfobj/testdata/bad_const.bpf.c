// SPDX-License-Identifier: GPL-2.0
/* A const pointer: ignored, as BTF puts CONST before the PTR. */
#include "user_kptr.h"

struct value_type {
	struct user_data __kptr_user *const udata;
};

KPTR_USER_POINTEE(struct user_data);
TASK_STORAGE(datamap, struct value_type);
