// SPDX-License-Identifier: GPL-2.0
/* A bpf_timer beside the user kptr: EOPNOTSUPP in task storage. */
#include "user_kptr.h"

struct bpf_timer {
	__u64 opaque[2];
} __attribute__((aligned(8)));

struct value_type {
	struct user_data __kptr_user *udata;
	struct bpf_timer timer;
};

KPTR_USER_POINTEE(struct user_data);
TASK_STORAGE(datamap, struct value_type);
