// SPDX-License-Identifier: GPL-2.0
/* Programs that are not loaded unless asked for, beside one that is. */
#include "corpus.h"

volatile __u64 events;

SEC("tp_btf/sys_enter")
int always(args_t *ctx)
{
	events += 1;
	return 0;
}

SEC("?tp_btf/sys_exit")
int on_request(args_t *ctx)
{
	events += 2;
	return 0;
}

SEC("?raw_tp/sys_enter")
int also_on_request(args_t *ctx)
{
	events += 3;
	return 0;
}

LICENSE("GPL");
