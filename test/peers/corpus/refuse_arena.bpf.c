// SPDX-License-Identifier: GPL-2.0
/* Memory shared with user space, of another kind. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 4);
} arena SEC(".maps");

SEC("syscall")
int use(void *ctx)
{
	return (__u64)&arena >> 16;
}

LICENSE("GPL");
