// SPDX-License-Identifier: GPL-2.0
/* Memory of a size known only when the program runs. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

volatile __u32 size = 16;

SEC("tp_btf/sys_enter")
int emit(args_t *ctx)
{
	struct bpf_dynptr record;
	__u64 id = ctx[1];

	if (!bpf_ringbuf_reserve_dynptr(&ring, size, 0, &record))
		bpf_dynptr_write(&record, 0, &id, sizeof(id), 0);
	bpf_ringbuf_submit_dynptr(&record, 0);
	return 0;
}

LICENSE("GPL");
