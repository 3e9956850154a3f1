// SPDX-License-Identifier: GPL-2.0
/* Two tags on one pointer: the map is created plain. */
#include "user_kptr.h"

struct value_type {
	struct user_data __attribute__((btf_type_tag("user"))) __kptr_user *udata;
};

KPTR_USER_POINTEE(struct user_data);
TASK_STORAGE(datamap, struct value_type);
