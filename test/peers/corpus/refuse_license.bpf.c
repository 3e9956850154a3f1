// SPDX-License-Identifier: GPL-2.0
/* A helper for programs under the GPL, called by one that is not. */
#include "corpus.h"

SEC("raw_tp/sys_enter")
int print(args_t *ctx)
{
	return bpf_trace_printk("hello", 6);
}

SEC("raw_tp/sys_enter")
int silent(args_t *ctx)
{
	return 0;
}

LICENSE("Proprietary");
