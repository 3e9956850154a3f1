// SPDX-License-Identifier: GPL-2.0
/* Ring buffers within an array. */
#include "corpus.h"

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8192);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct ring);
} rings SEC(".maps") = {
	.values = { &ring },
};

SEC("raw_tp/sys_enter")
int emit(args_t *ctx)
{
	__u32 slot = 0;
	__u64 now = bpf_ktime_get_ns();
	void *map = bpf_map_lookup_elem(&rings, &slot);

	if (map)
		bpf_ringbuf_output(map, &now, sizeof(now), 0);
	return 0;
}

LICENSE("GPL");
