// SPDX-License-Identifier: GPL-2.0
/* A pointee without members: EINVAL. */
#include "user_kptr.h"

struct empty_data {
};

struct value_type {
	struct empty_data __kptr_user *udata;
};

/* KPTR_USER_POINTEE would refuse it. */
struct empty_data *named_at_file_scope;
TASK_STORAGE(datamap, struct value_type);
