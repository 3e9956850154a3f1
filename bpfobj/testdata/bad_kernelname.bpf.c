// SPDX-License-Identifier: GPL-2.0
/* A pointee with the name of a struct of the kernel, whatever its layout: EINVAL. */
#include "user_kptr.h"

struct cgroup {
	int a;
	int b;
};

struct value_type {
	struct cgroup __kptr_user *udata;
};

KPTR_USER_POINTEE(struct cgroup);
TASK_STORAGE(datamap, struct value_type);
