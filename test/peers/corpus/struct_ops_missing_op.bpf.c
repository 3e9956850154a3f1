// SPDX-License-Identifier: GPL-2.0
/* An op that this kernel's struct_ops does not have, beside one that it has. */
#include "corpus.h"

struct bpf_dummy_ops_state;

struct bpf_dummy_ops {
	int (*test_1)(struct bpf_dummy_ops_state *cb);
	int (*not_in_any_kernel)(struct bpf_dummy_ops_state *cb);
};

SEC("struct_ops/test_1")
int test_1(args_t *ctx)
{
	return 1;
}

SEC("struct_ops/not_in_any_kernel")
int not_in_any_kernel(args_t *ctx)
{
	return 2;
}

struct bpf_dummy_ops dummy SEC(".struct_ops.link") = {
	.test_1 = (void *)test_1,
	.not_in_any_kernel = (void *)not_in_any_kernel,
};

LICENSE("GPL");
