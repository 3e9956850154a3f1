// SPDX-License-Identifier: GPL-2.0
/* Sections of variables with names of their own: a map each. */
#include "corpus.h"

volatile __u64 hot SEC(".data.hot") = 1;
volatile __u32 cold SEC(".data.cold") = 2;
const volatile __u32 limits[3] SEC(".rodata.limits") = { 10, 20, 30 };
volatile __u64 totals[4] SEC(".bss.totals");
private(mine) volatile __u64 own;

SEC("raw_tp/sys_enter")
int add(args_t *ctx)
{
	hot += cold + limits[1];
	totals[2] += hot;
	own += 1;
	return 0;
}

LICENSE("GPL");
