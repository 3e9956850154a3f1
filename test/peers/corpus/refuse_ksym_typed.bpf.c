// SPDX-License-Identifier: GPL-2.0
/* A variable of the kernel, with its type. */
#include "corpus.h"

extern const int bpf_prog_active __ksym;

SEC("raw_tp/sys_enter")
int use(args_t *ctx)
{
	return (__u64)&bpf_prog_active >> 3;
}

LICENSE("GPL");
