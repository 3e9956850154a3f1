// SPDX-License-Identifier: GPL-2.0
/* Enumerators: whether they are, and their values, of 32 and 64 bits. */
#include "core.h"

enum bpf_map_type___here {
	BPF_MAP_TYPE_TASK_STORAGE___here = 1000,
	NOT_IN_ANY_KERNEL = 1001,
};

enum wide {
	WIDE = 0x7000000000000000,
};

volatile __u64 results[5];

SEC("syscall")
int ask(void *ctx)
{
	results[0] = ENUM_EXISTS(enum bpf_map_type___here, BPF_MAP_TYPE_TASK_STORAGE___here);
	results[1] = ENUM_VALUE(enum bpf_map_type___here, BPF_MAP_TYPE_TASK_STORAGE___here);
	results[2] = ENUM_EXISTS(enum bpf_map_type___here, NOT_IN_ANY_KERNEL);
	results[3] = ENUM_EXISTS(enum wide, WIDE);
	return 0;
}

LICENSE("GPL");
