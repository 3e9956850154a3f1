// SPDX-License-Identifier: GPL-2.0
/* References to objects of the kernel in global variables. */
#include "corpus.h"

extern struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;

private(saved) struct task_struct __kptr *saved;
struct task_struct *task_named_at_file_scope;

SEC("tp_btf/sys_enter")
int save(args_t *ctx)
{
	struct task_struct *task = bpf_task_acquire(bpf_get_current_task_btf());

	if (!task)
		return 0;
	task = bpf_kptr_xchg(&saved, task);
	if (task)
		bpf_task_release(task);
	return 0;
}

LICENSE("GPL");
