// SPDX-License-Identifier: GPL-2.0
/* Beside a program, one that is not loaded unless asked for, of a kind that this loader does not know. */
#include "corpus.h"

volatile __u64 events;

static __attribute__((noinline)) int count(__u64 by)
{
	events += by;
	return events > 100;
}

SEC("tp_btf/sys_enter")
int always(args_t *ctx)
{
	return count(1);
}

SEC("?kprobe/vfs_read")
int on_read(void *ctx)
{
	return count(2);
}

LICENSE("GPL");
