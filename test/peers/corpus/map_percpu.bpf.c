// SPDX-License-Identifier: GPL-2.0
/* A value for each CPU. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} in_array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 32);
	__type(key, __u32);
	__type(value, __u32[3]);
} in_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 64);
	__type(key, __u64);
	__type(value, __u64);
} in_lru SEC(".maps");

SEC("raw_tp/sys_enter")
int count(args_t *ctx)
{
	__u32 first = 0;
	__u64 key = 0, *mine = bpf_map_lookup_elem(&in_array, &first);
	__u64 *other = bpf_map_lookup_percpu_elem(&in_array, &first, 0);

	if (mine && other)
		*mine += 1 + (*other & 1);
	bpf_map_delete_elem(&in_hash, &first);
	bpf_map_delete_elem(&in_lru, &key);
	return 0;
}

LICENSE("GPL");
