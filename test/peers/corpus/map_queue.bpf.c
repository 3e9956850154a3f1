// SPDX-License-Identifier: GPL-2.0
/* Maps without keys. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 10);
	__type(value, __u64);
} queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 10);
	__type(value, __u64);
} stack SEC(".maps");

/* map_extra: the number of hash functions */
struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 100);
	__uint(map_extra, 3);
	__type(value, __u64);
} bloom SEC(".maps");

SEC("raw_tp/sys_enter")
int shuffle(args_t *ctx)
{
	__u64 value = 0;

	bpf_map_pop_elem(&queue, &value);
	bpf_map_push_elem(&stack, &value, BPF_ANY);
	bpf_map_push_elem(&bloom, &value, BPF_ANY);
	return bpf_map_peek_elem(&bloom, &value);
}

LICENSE("GPL");
