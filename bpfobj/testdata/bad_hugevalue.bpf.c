// SPDX-License-Identifier: GPL-2.0
/* A value over the limit of local storage (BPF_LOCAL_STORAGE_MAX_VALUE_SIZE): E2BIG. */
#include "user_kptr.h"

struct value_type {
	struct user_data __kptr_user *udata;
	char rest[66 * 1024];
};

KPTR_USER_POINTEE(struct user_data);
TASK_STORAGE(datamap, struct value_type);
