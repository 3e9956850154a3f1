// SPDX-License-Identifier: GPL-2.0
/* A user kptr as it should be, beside a kptr whose struct is only declared: the map is created plain. */
#include "user_kptr.h"

struct cgroup;

struct value_type {
	struct user_data __kptr_user *udata;
	struct cgroup __kptr *cgroup;
};

KPTR_USER_POINTEE(struct user_data);
TASK_STORAGE(datamap, struct value_type);
