// SPDX-License-Identifier: GPL-2.0
/* A pointee that is an enum: the map is created plain. */
#include "user_kptr.h"

enum mood { CALM, BUSY };

struct value_type {
	enum mood __kptr_user *udata;
};

TASK_STORAGE(datamap, struct value_type);
