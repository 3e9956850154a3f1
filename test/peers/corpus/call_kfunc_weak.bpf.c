// SPDX-License-Identifier: GPL-2.0
/* Functions that this kernel may not have, asked for before they are called. */
#include "corpus.h"

extern struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym __weak;
extern void bpf_task_release(struct task_struct *p) __ksym __weak;
extern int bpf_corpus_absent(int n) __ksym __weak;

SEC("tp_btf/sys_enter")
int present(args_t *ctx)
{
	struct task_struct *task;

	if (!bpf_ksym_exists(bpf_task_acquire))
		return 0;
	task = bpf_task_acquire(bpf_get_current_task_btf());
	if (task)
		bpf_task_release(task);
	return 0;
}

SEC("tp_btf/sys_exit")
int absent(args_t *ctx)
{
	if (bpf_ksym_exists(bpf_corpus_absent))
		return bpf_corpus_absent(1);
	return 0;
}

LICENSE("GPL");
