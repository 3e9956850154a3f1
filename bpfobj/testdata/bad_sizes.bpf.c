// SPDX-License-Identifier: GPL-2.0
/* value_size and the value's type disagree. */
#include "user_kptr.h"

struct value_type {
	struct user_data __kptr_user *udata;
};

KPTR_USER_POINTEE(struct user_data);

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct value_type);
	__uint(value_size, 16);
} datamap SEC(".maps");
