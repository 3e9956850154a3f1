// SPDX-License-Identifier: GPL-2.0
/* A pointee that is no struct: the map is created plain. */
#include "user_kptr.h"

struct value_type {
	int __kptr_user *udata;
};

TASK_STORAGE(datamap, struct value_type);
