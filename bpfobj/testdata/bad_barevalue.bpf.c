// SPDX-License-Identifier: GPL-2.0
/* The value is the pointer itself instead of a struct: the map is created plain. */
#include "user_kptr.h"

KPTR_USER_POINTEE(struct user_data);
TASK_STORAGE(datamap, struct user_data __kptr_user *);
