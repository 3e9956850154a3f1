// SPDX-License-Identifier: GPL-2.0
/* Static functions in the section of the programs that call them, before and behind. */
#include "corpus.h"

volatile int seed;

SEC("raw_tp/sys_enter")
static __noinline int before(int n)
{
	return n + seed;
}

static __noinline int behind(int n);

SEC("raw_tp/sys_enter")
int first(args_t *ctx)
{
	return before(1) + behind(2);
}

SEC("raw_tp/sys_enter")
int second(args_t *ctx)
{
	return before(3);
}

SEC("raw_tp/sys_enter")
static __noinline int behind(int n)
{
	return n - seed;
}

LICENSE("GPL");
