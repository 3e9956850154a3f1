// SPDX-License-Identifier: GPL-2.0
/* A user kptr where the kernel takes none. */
#include "uptr.h"

struct value {
	struct user_data __uptr *data;
};

POINTEE(struct user_data);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct value);
} values SEC(".maps");
