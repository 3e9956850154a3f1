// SPDX-License-Identifier: GPL-2.0
/* Ring buffers of sizes that are no power of two pages, in both directions. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 5000);
} odd SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1);
} tiny SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} from_user SEC(".maps");

volatile __u64 drained;

static long drain_one(struct bpf_dynptr *record, void *ctx)
{
	drained += 1;
	return 0;
}

SEC("syscall")
int exchange(void *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&odd, sizeof(*record), 0), number = 1;

	if (record) {
		*record = bpf_ktime_get_ns();
		bpf_ringbuf_submit(record, 0);
	}
	bpf_ringbuf_output(&tiny, &number, sizeof(number), 0);
	return bpf_user_ringbuf_drain(&from_user, drain_one, NULL, 0);
}

LICENSE("GPL");
