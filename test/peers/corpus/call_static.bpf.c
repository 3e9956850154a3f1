// SPDX-License-Identifier: GPL-2.0
/* Static functions, which clang puts in .text, one called from the other. */
#include "corpus.h"

volatile int seed;

static __noinline int inner(int n)
{
	return n * seed;
}

static __noinline int outer(int n)
{
	return inner(n) + inner(n + 1);
}

SEC("tp_btf/sys_enter")
int one(args_t *ctx)
{
	return outer(1) & 1;
}

SEC("raw_tp/sys_enter")
int two(args_t *ctx)
{
	return outer(2) + inner(3);
}

LICENSE("GPL");
