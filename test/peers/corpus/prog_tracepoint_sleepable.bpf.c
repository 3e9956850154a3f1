// SPDX-License-Identifier: GPL-2.0
/* Programs at tracepoints that may sleep: Linux 7.3 knows them, 6.18 does not. */
#include "corpus.h"

volatile __u64 events;

SEC("tp_btf.s/sys_enter")
int traced(args_t *ctx)
{
	events += 1;
	return 0;
}

SEC("raw_tp.s/sys_enter")
int raw(args_t *ctx)
{
	events += 1;
	return 0;
}

SEC("tp.s/syscalls/sys_enter_getcwd")
int plain(void *ctx)
{
	events += 1;
	return 0;
}

LICENSE("GPL");
