// SPDX-License-Identifier: GPL-2.0
/* The field inside a union: ignored. */
#include "user_kptr.h"

struct value_type {
	union {
		struct user_data __kptr_user *udata;
		__u64 number;
	};
};

KPTR_USER_POINTEE(struct user_data);
TASK_STORAGE(datamap, struct value_type);
