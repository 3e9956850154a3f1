// SPDX-License-Identifier: GPL-2.0
/* Callbacks of loops, one in another. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

static __noinline __u64 twice(__u64 n)
{
	return n * 2;
}

static long add_elem(void *map, __u32 *key, __u64 *value, __u64 *sum)
{
	*sum += twice(*value);
	return 0;
}

static long add_all(__u32 i, __u64 *sum)
{
	bpf_for_each_map_elem(&numbers, add_elem, sum, 0);
	return 0;
}

SEC("tp_btf/sys_enter")
int on_sys_enter(args_t *ctx)
{
	__u64 sum = 0;

	bpf_loop(10, add_all, &sum, 0);
	return sum & 1;
}

SEC("raw_tp/sys_enter")
int on_raw(args_t *ctx)
{
	__u64 sum = 0;

	bpf_for_each_map_elem(&numbers, add_elem, &sum, 0);
	return sum;
}

LICENSE("GPL");
