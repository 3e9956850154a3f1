// SPDX-License-Identifier: GPL-2.0
/* Constants of the kernel's enums that a program keeps in .rodata, for the loader to fill. */
#include "corpus.h"

const volatile __u64 __BPF_MAP_TYPE_TASK_STORAGE __weak;
volatile __u64 seen;

SEC("raw_tp/sys_enter")
int use(args_t *ctx)
{
	seen = __BPF_MAP_TYPE_TASK_STORAGE;
	return 0;
}

LICENSE("GPL");
