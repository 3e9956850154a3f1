// SPDX-License-Identifier: GPL-2.0
/* An array of perf events, one for each CPU: the object does not say how many there are. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} by_cpu SEC(".maps");

SEC("raw_tp/sys_enter")
int emit(args_t *ctx)
{
	__u64 now = bpf_ktime_get_ns();

	return bpf_perf_event_output(ctx, &by_cpu, 0xffffffff, &now, sizeof(now));
}

LICENSE("GPL");
