// SPDX-License-Identifier: GPL-2.0
/* Nothing but the tagged pointer names the struct: clang emits BTF_KIND_FWD for it. */
#include "user_kptr.h"

struct value_type {
	struct user_data __kptr_user *udata;
};

TASK_STORAGE(datamap, struct value_type);

#include "task_local.h"
