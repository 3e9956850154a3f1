// SPDX-License-Identifier: GPL-2.0
/* Programs that the verifier refuses, with a short log and with a long one. */
#include "../prebuilt/bpf.h"

__u32 table[4];
volatile __u32 row;

/* row has no bound, so table[row] may lie outside of .bss. */
SEC("?tp_btf/sys_enter")
int out_of_bounds(void *ctx)
{
	return table[row] & 1;
}

/* Each round forks the verifier's path before it arrives at the same mistake. */
SEC("?raw_tp/sys_enter")
int long_log(void *ctx)
{
	__u32 sum = 0;

	for (int i = 0; i < 400; i++) {
		sum += row & 1;
		asm volatile("" : "+r"(sum));
	}
	return table[sum] & 1;
}

char _license[] SEC("license") = "GPL";
