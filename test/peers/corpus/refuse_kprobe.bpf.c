// SPDX-License-Identifier: GPL-2.0
/* A program of a kind that this loader does not know. */
#include "corpus.h"

SEC("kprobe/vfs_read")
int on_read(void *ctx)
{
	return 0;
}

LICENSE("GPL");
