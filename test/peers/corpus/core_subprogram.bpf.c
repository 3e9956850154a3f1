// SPDX-License-Identifier: GPL-2.0
/* Relocations in functions that are called, global and static, and in a callback. */
#include "core.h"

volatile __u64 sum;

static __noinline int pid_of(struct task_struct *task)
{
	return task->pid;
}

static long add_tgid(__u32 i, void *ctx)
{
	sum += bpf_get_current_task_btf()->tgid;
	return 0;
}

__noinline int current_pid(void)
{
	return bpf_get_current_task_btf()->pid;
}

SEC("tp_btf/sys_enter")
int on_sys_enter(args_t *ctx)
{
	sum += pid_of(bpf_get_current_task_btf()) + current_pid();
	bpf_loop(2, add_tgid, NULL, 0);
	return 0;
}

LICENSE("GPL");
