// SPDX-License-Identifier: GPL-2.0
/* A pointer to const: CONST between tag and struct, which the kernel skips. Accepted. */
#include "user_kptr.h"

struct value_type {
	const struct user_data __kptr_user *udata;
};

KPTR_USER_POINTEE(struct user_data);
TASK_STORAGE(datamap, struct value_type);
