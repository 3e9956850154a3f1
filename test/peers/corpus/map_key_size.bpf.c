// SPDX-License-Identifier: GPL-2.0
/* Maps whose keys have a size alone, and whose values have a type: the kernel takes no BTF for the one without the other. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 5);
	__uint(key_size, 32);
	__type(value, __u64);
} by_name SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__type(value, __u64);
} total SEC(".maps");

SEC("raw_tp/sys_enter")
int count(args_t *ctx)
{
	char name[32] = {};
	__u32 zero = 0;
	__u64 *of, *all = bpf_map_lookup_elem(&total, &zero);

	bpf_get_current_comm(name, 16);
	of = bpf_map_lookup_elem(&by_name, name);
	if (of)
		*of += 1;
	if (all)
		*all += 1;
	return 0;
}

LICENSE("GPL");
