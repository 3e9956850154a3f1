// SPDX-License-Identifier: GPL-2.0
/* A tag that no kernel knows: the map is created plain. */
#include "user_kptr.h"

struct value_type {
	struct user_data __attribute__((btf_type_tag("kptr_usr"))) *udata;
};

KPTR_USER_POINTEE(struct user_data);
TASK_STORAGE(datamap, struct value_type);
