// SPDX-License-Identifier: GPL-2.0
/* The prebuilt example with the tag that Linux 6.13 and later honour. */
#include "user_kptr.h"

#define __uptr __attribute__((btf_type_tag("uptr")))

struct value_type {
	struct user_data __uptr *udata;
};

KPTR_USER_POINTEE(struct user_data);
TASK_STORAGE(datamap, struct value_type);

#include "task_local.h"
