// SPDX-License-Identifier: GPL-2.0
/* One function of the kernel under several prototypes: what follows ___ is not part of its name. */
#include "corpus.h"

extern struct task_struct *bpf_task_acquire___first(struct task_struct *p) __ksym __weak;
extern void bpf_task_release___second(struct task_struct *p) __ksym __weak;
extern void *bpf_task_acquire___third(void *p, int more) __ksym __weak;

SEC("tp_btf/sys_enter")
int on_sys_enter(args_t *ctx)
{
	struct task_struct *task;

	if (!bpf_ksym_exists(bpf_task_acquire___first))
		return 0;
	task = bpf_task_acquire___first(bpf_get_current_task_btf());
	if (task)
		bpf_task_release___second(task);
	return 0;
}

LICENSE("GPL");
