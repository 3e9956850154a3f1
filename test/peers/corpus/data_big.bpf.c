// SPDX-License-Identifier: GPL-2.0
/* Variables of a megabyte, and of several pages. */
#include "corpus.h"

volatile __u64 big[131072];
const volatile __u32 table[2500] = { 1, 2, 3 };
volatile __u8 initialised[9000] = { 4, 5, 6 };

SEC("tp_btf/sys_enter")
int touch(args_t *ctx)
{
	__u32 i = ctx[1] & 4095;

	big[i] += table[i & 2047] + initialised[i];
	return 0;
}

LICENSE("GPL");
