// SPDX-License-Identifier: GPL-2.0
/* A field that no kernel has, read without asking: this program does not load, its neighbour does. */
#include "core.h"

struct task_struct___absent {
	int not_in_any_kernel;
} __core;

volatile __u64 sum;

SEC("tp_btf/sys_enter")
int absent(args_t *ctx)
{
	struct task_struct___absent *task = (void *)bpf_get_current_task_btf();

	sum += task->not_in_any_kernel;
	return 0;
}

SEC("tp_btf/sys_exit")
int present(args_t *ctx)
{
	sum += bpf_get_current_task_btf()->pid;
	return 0;
}

LICENSE("GPL");
