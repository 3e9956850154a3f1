// SPDX-License-Identifier: GPL-2.0
/* An array of programs whose slots the object fills. */
#include "corpus.h"

int landing(args_t *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__array(values, int(void *));
} next SEC(".maps") = {
	.values = { [0] = (void *)&landing },
};

SEC("raw_tp/sys_enter")
int hop(args_t *ctx)
{
	bpf_tail_call(ctx, &next, 0);
	return 0;
}

SEC("raw_tp/sys_enter")
int landing(args_t *ctx)
{
	return 0;
}

LICENSE("GPL");
