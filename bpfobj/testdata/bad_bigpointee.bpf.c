// SPDX-License-Identifier: GPL-2.0
/* A pointee of a page and 4 bytes, for pages of 4 KiB: E2BIG. */
#include "user_kptr.h"

struct big_data {
	int words[1025];
};

struct value_type {
	struct big_data __kptr_user *udata;
};

/* KPTR_USER_POINTEE would refuse it. */
struct big_data *named_at_file_scope;
TASK_STORAGE(datamap, struct value_type);
