// SPDX-License-Identifier: GPL-2.0
/* No tag at all, as clang 14 leaves it: the value type's BTF has to come from the caller. */
#include "user_kptr.h"

struct value_type {
	struct user_data *udata;
};

KPTR_USER_POINTEE(struct user_data);
TASK_STORAGE(datamap, struct value_type);

#include "task_local.h"
