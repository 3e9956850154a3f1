// SPDX-License-Identifier: GPL-2.0
/* Functions that the verifier checks by themselves: global, weak, hidden, and one that clang may not inline. */
#include "corpus.h"

struct pair {
	int left, right;
};

volatile int seed;

__noinline int global(struct pair *pair __decl_tag("arg:nonnull"), int n)
{
	return pair->left + n;
}

__weak __noinline int weak(int n)
{
	return n + seed;
}

__hidden __noinline int hidden(int n)
{
	return n - seed;
}

SEC("tp_btf/sys_enter")
int on_sys_enter(args_t *ctx)
{
	struct pair pair = { .left = ctx[1], .right = 2 };

	return (global(&pair, weak(pair.right)) + hidden(1)) & 1;
}

LICENSE("GPL");
