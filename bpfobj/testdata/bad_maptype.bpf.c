// SPDX-License-Identifier: GPL-2.0
/* A user kptr in a hash: EOPNOTSUPP. */
#include "user_kptr.h"

struct value_type {
	struct user_data __kptr_user *udata;
};

KPTR_USER_POINTEE(struct user_data);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct value_type);
} datamap SEC(".maps");
