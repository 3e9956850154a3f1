// SPDX-License-Identifier: GPL-2.0
/* The longest prefix that matches. */
#include "corpus.h"

struct prefix {
	__u32 bits;
	__u8 address[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 255);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, __u32);
} routes SEC(".maps");

/* Programs that may sleep may not use such a map: no syscall program. */
SEC("raw_tp/sys_enter")
int route(args_t *ctx)
{
	struct prefix prefix = { .bits = 32 };
	__u32 *found;

	prefix.address[0] = ctx[1];
	found = bpf_map_lookup_elem(&routes, &prefix);
	return found ? *found : 0;
}

LICENSE("GPL");
