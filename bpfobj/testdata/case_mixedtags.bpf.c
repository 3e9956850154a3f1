// SPDX-License-Identifier: GPL-2.0
/* A user kptr as it should be, beside one with a tag that no kernel knows: the map is created plain until Linux 7.2. */
#include "user_kptr.h"

struct value_type {
	struct user_data __attribute__((btf_type_tag("kptr_usr"))) *other;
	struct user_data __kptr_user *udata;
};

KPTR_USER_POINTEE(struct user_data);
TASK_STORAGE(datamap, struct value_type);
