// SPDX-License-Identifier: GPL-2.0
/* A field of a map definition that nobody knows. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(no_such_field, 7);
	__type(key, int);
	__type(value, int);
} odd SEC(".maps");
