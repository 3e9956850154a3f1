// SPDX-License-Identifier: GPL-2.0
/* A pointer to nothing in particular: the map is created plain. */
#include "user_kptr.h"

struct value_type {
	void __kptr_user *udata;
};

TASK_STORAGE(datamap, struct value_type);
