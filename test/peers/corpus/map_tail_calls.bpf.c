// SPDX-License-Identifier: GPL-2.0
/* An array of programs, to be filled later. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 4);
} next SEC(".maps");

SEC("raw_tp/sys_enter")
int hop(args_t *ctx)
{
	bpf_tail_call(ctx, &next, 0);
	return 0;
}

LICENSE("GPL");
