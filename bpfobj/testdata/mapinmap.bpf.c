// SPDX-License-Identifier: GPL-2.0
/* Maps of maps, with slots filled by R_BPF_64_ABS64 relocations of .maps. */
#include "../prebuilt/bpf.h"

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, __u32);
} inner_a SEC(".maps"), inner_b SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 3);
	__type(key, __u32);
	__array(values, struct inner);
} outer_array SEC(".maps") = {
	.values = { [0] = (void *)&inner_a, [2] = (void *)&inner_b },
};

/* No initialiser: the inner map is a template and nothing else. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__array(values, struct {
		__uint(type, BPF_MAP_TYPE_HASH);
		__uint(max_entries, 2);
		__type(key, __u64);
		__type(value, __u64);
	});
} outer_hash SEC(".maps");

/* Returns the first value of the map in slot 2, or -1. */
SEC("syscall")
int read_inner(void *ctx)
{
	__u32 slot = 2, first = 0, *value;
	void *map = bpf_map_lookup_elem(&outer_array, &slot);

	if (!map)
		return -1;
	value = bpf_map_lookup_elem(map, &first);
	return value ? (int)*value : -1;
}

char _license[] SEC("license") = "GPL";
