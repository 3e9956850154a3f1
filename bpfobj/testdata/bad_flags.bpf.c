// SPDX-License-Identifier: GPL-2.0
/* Task storage with a flag that it does not take: EINVAL. */
#include "user_kptr.h"

struct value_type {
	struct user_data __kptr_user *udata;
};

KPTR_USER_POINTEE(struct user_data);

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_MMAPABLE);
	__type(key, int);
	__type(value, struct value_type);
} datamap SEC(".maps");
