// SPDX-License-Identifier: GPL-2.0
/* Functions of the kernel that a program of this type may not call, and one called wrongly. */
#include "corpus.h"

extern struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;

SEC("tp_btf/sys_enter")
int never_released(args_t *ctx)
{
	bpf_task_acquire(bpf_get_current_task_btf());
	return 0;
}

SEC("tp_btf/sys_exit")
int released_twice(args_t *ctx)
{
	struct task_struct *task = bpf_task_acquire(bpf_get_current_task_btf());

	if (task) {
		bpf_task_release(task);
		bpf_task_release(task);
	}
	return 0;
}

LICENSE("GPL");
