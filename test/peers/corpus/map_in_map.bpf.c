// SPDX-License-Identifier: GPL-2.0
/* Maps of maps: with slots filled, with none, and with an inner map that varies in size. */
#include "corpus.h"

struct inner {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10);
	__type(key, __u32);
	__type(value, __u64);
} first SEC(".maps"), second SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner);
} outer_array SEC(".maps") = {
	.values = { [1] = (void *)&first, [3] = (void *)&second },
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner);
} outer_hash SEC(".maps") = {
	.values = { [2] = (void *)&second },
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct {
		__uint(type, BPF_MAP_TYPE_ARRAY);
		__uint(max_entries, 1);
		__uint(map_flags, BPF_F_INNER_MAP);
		__type(key, __u32);
		__type(value, __u64);
	});
} empty SEC(".maps");

SEC("tp_btf/sys_enter")
int look(args_t *ctx)
{
	__u32 slot = 1;
	__u64 *value;
	void *map = bpf_map_lookup_elem(&outer_array, &slot);

	if (!map)
		return 0;
	value = bpf_map_lookup_elem(map, &slot);
	map = bpf_map_lookup_elem(&outer_hash, &slot);
	if (map && value)
		bpf_map_update_elem(map, &slot, value, BPF_ANY);
	map = bpf_map_lookup_elem(&empty, &slot);
	return map != NULL;
}

LICENSE("GPL");
