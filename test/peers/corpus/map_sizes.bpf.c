// SPDX-License-Identifier: GPL-2.0
/* Sizes in place of types, and both. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 7);
	__uint(key_size, 12);
	__uint(value_size, 20);
} sizes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 7);
	__type(key, __u32);
	__uint(value_size, 16);
} mixed SEC(".maps");

SEC("syscall")
int look(void *ctx)
{
	__u32 key[3] = { 1, 2, 3 };

	return bpf_map_lookup_elem(&sizes, key) || bpf_map_lookup_elem(&mixed, key);
}

LICENSE("GPL");
