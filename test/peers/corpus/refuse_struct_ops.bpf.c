// SPDX-License-Identifier: GPL-2.0
/* A struct_ops that no kernel has. */
#include "corpus.h"

struct corpus_no_such_ops {
	int (*op)(void *arg);
};

SEC("struct_ops/op")
int op(args_t *ctx)
{
	return 0;
}

struct corpus_no_such_ops none SEC(".struct_ops.link") = {
	.op = (void *)op,
};

LICENSE("GPL");
