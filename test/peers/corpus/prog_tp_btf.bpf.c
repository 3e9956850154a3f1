// SPDX-License-Identifier: GPL-2.0
/* Tracepoints with typed arguments, read directly. */
#include "corpus.h"

volatile __u64 switches;
volatile int last_pid;

SEC("tp_btf/sys_enter")
int on_sys_enter(args_t *ctx)
{
	return ctx[1] == 39;
}

/* TP_PROTO(bool preempt, struct task_struct *prev, struct task_struct *next, unsigned int prev_state) */
SEC("tp_btf/sched_switch")
int on_sched_switch(args_t *ctx)
{
	struct task_struct *next = (void *)ctx[2];

	switches += 1;
	last_pid = next->pid;
	return 0;
}

SEC("tp_btf/sched_process_exec")
int on_exec(args_t *ctx)
{
	struct task_struct *task = (void *)ctx[0];

	last_pid = task->tgid;
	return 0;
}

LICENSE("GPL");
