// SPDX-License-Identifier: GPL-2.0
/* A map as it was defined before BTF. */
#include "corpus.h"

struct {
	__u32 type, key_size, value_size, max_entries, map_flags;
} old SEC("maps") = { BPF_MAP_TYPE_HASH, 4, 8, 16, 0 };

SEC("raw_tp/sys_enter")
int use(args_t *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&old, &key) != NULL;
}

LICENSE("GPL");
