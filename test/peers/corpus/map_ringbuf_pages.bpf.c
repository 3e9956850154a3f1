// SPDX-License-Identifier: GPL-2.0
/* Ring buffers of whole pages, and powers of two of them. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} out SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} in SEC(".maps");

volatile __u64 drained;

static long drain_one(struct bpf_dynptr *record, void *ctx)
{
	drained += 1;
	return 0;
}

SEC("syscall")
int exchange(void *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&out, sizeof(*record), 0);

	if (record) {
		*record = bpf_ktime_get_ns();
		bpf_ringbuf_submit(record, 0);
	}
	return bpf_user_ringbuf_drain(&in, drain_one, NULL, 0);
}

LICENSE("GPL");
