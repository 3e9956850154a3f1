// SPDX-License-Identifier: GPL-2.0
/* Twelve special fields, one more than BTF_FIELDS_MAX: the map is created plain. */
#include "user_kptr.h"

struct value_type {
	struct user_data __kptr_user *udata[12];
};

KPTR_USER_POINTEE(struct user_data);
TASK_STORAGE(datamap, struct value_type);
