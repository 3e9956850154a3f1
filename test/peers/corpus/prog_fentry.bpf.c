// SPDX-License-Identifier: GPL-2.0
/* Before and after a function of the kernel. */
#include "corpus.h"

volatile __u64 bytes;

SEC("fentry/vfs_read")
int before_read(args_t *ctx)
{
	bytes += ctx[2];
	return 0;
}

SEC("fexit/vfs_read")
int after_read(args_t *ctx)
{
	bytes -= ctx[4];
	return 0;
}

LICENSE("GPL");
