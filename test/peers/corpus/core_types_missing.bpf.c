// SPDX-License-Identifier: GPL-2.0
/* The size of a type that the kernel does not have: 0, as its own rules say (bpf_core_calc_type_relo). */
#include "core.h"

struct not_in_any_kernel {
	int number;
} __core;

volatile __u64 size;

SEC("syscall")
int ask(void *ctx)
{
	size = TYPE_SIZE(struct not_in_any_kernel);
	return 0;
}

LICENSE("GPL");
