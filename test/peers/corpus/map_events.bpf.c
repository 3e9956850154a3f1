// SPDX-License-Identifier: GPL-2.0
/* Arrays of perf events and of stack traces. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(max_entries, 2);
	__type(key, int);
	__type(value, __u32);
} two SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16);
	__uint(key_size, 4);
	__uint(value_size, 8 * 32);
} stacks SEC(".maps");

SEC("raw_tp/sys_enter")
int emit(args_t *ctx)
{
	__u64 now = bpf_ktime_get_ns();

	bpf_perf_event_output(ctx, &two, 0xffffffff, &now, sizeof(now));
	return bpf_get_stackid(ctx, &stacks, 0);
}

LICENSE("GPL");
