// SPDX-License-Identifier: GPL-2.0
/* The struct_ops that the kernel has for its own tests: net/bpf/bpf_dummy_struct_ops.c. */
#include "corpus.h"

struct bpf_dummy_ops_state {
	int val;
} __core;

struct bpf_dummy_ops {
	int (*test_1)(struct bpf_dummy_ops_state *cb);
	int (*test_2)(struct bpf_dummy_ops_state *cb, int a1, unsigned short a2, char a3, unsigned long a4);
	int (*test_sleepable)(struct bpf_dummy_ops_state *cb);
};

SEC("struct_ops/test_1")
int test_1(args_t *ctx)
{
	return 1;
}

SEC("struct_ops/test_2")
int test_2(args_t *ctx)
{
	return ctx[1] + ctx[4];
}

SEC("struct_ops.s/test_sleepable")
int test_sleepable(args_t *ctx)
{
	return 3;
}

struct bpf_dummy_ops dummy SEC(".struct_ops.link") = {
	.test_1 = (void *)test_1,
	.test_2 = (void *)test_2,
	.test_sleepable = (void *)test_sleepable,
};

LICENSE("GPL");
