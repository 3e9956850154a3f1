// SPDX-License-Identifier: GPL-2.0
/* A pointer to a tagged pointer: ignored. */
#include "user_kptr.h"

struct value_type {
	struct user_data __kptr_user **udata;
};

KPTR_USER_POINTEE(struct user_data);
TASK_STORAGE(datamap, struct value_type);
