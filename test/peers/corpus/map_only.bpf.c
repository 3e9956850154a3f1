// SPDX-License-Identifier: GPL-2.0
/* Maps, and no program that uses them. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 3);
	__type(key, __u64);
	__type(value, __u64);
} for_others SEC(".maps");

/* A name longer than the kernel keeps (BPF_OBJ_NAME_LEN). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} a_name_that_is_longer_than_the_kernel_keeps SEC(".maps");
