// SPDX-License-Identifier: GPL-2.0
/* A pointee that is a union: the map is created plain. */
#include "user_kptr.h"

union user_word {
	int a;
	unsigned b;
};

struct value_type {
	union user_word __kptr_user *udata;
};

KPTR_USER_POINTEE(union user_word);
TASK_STORAGE(datamap, struct value_type);
