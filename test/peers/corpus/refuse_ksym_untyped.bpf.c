// SPDX-License-Identifier: GPL-2.0
/* The address of a symbol of the kernel. */
#include "corpus.h"

extern const void jiffies __ksym;

SEC("raw_tp/sys_enter")
int use(args_t *ctx)
{
	return (__u64)&jiffies & 1;
}

LICENSE("GPL");
