// SPDX-License-Identifier: GPL-2.0
/* Programs that run on demand: they may sleep, and change their context. */
#include "corpus.h"

struct context {
	__u64 address;
	__u64 number;
};

SEC("syscall")
int square(struct context *ctx)
{
	ctx->number *= ctx->number;
	return 0;
}

SEC("syscall")
int read_user(struct context *ctx)
{
	__u64 number = 0;
	long err;

	err = bpf_copy_from_user(&number, sizeof(number), (void *)ctx->address);
	ctx->number = number;
	return err;
}

LICENSE("Dual MIT/GPL");
