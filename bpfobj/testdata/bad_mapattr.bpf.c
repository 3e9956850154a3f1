// SPDX-License-Identifier: GPL-2.0
/* A map attribute that does not exist. */
#include "user_kptr.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, int);
	__uint(no_such_attribute, 1);
} datamap SEC(".maps");
