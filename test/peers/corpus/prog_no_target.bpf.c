// SPDX-License-Identifier: GPL-2.0
/* Programs that are told at run time where to attach, of types that the kernel takes without a target. */
#include "corpus.h"

volatile __u64 events;

SEC("raw_tp")
int raw(args_t *ctx)
{
	events += 1;
	return 0;
}

SEC("tracepoint")
int plain(void *ctx)
{
	events += 1;
	return 0;
}

LICENSE("GPL");
