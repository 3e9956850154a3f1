// SPDX-License-Identifier: GPL-2.0
/* The field at offset 4: ignored. */
#include "user_kptr.h"

struct value_type {
	__u32 before;
	struct user_data __kptr_user *udata;
} __attribute__((packed));

KPTR_USER_POINTEE(struct user_data);
TASK_STORAGE(datamap, struct value_type);
