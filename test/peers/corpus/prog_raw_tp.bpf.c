// SPDX-License-Identifier: GPL-2.0
/* Raw tracepoints under both prefixes. */
#include "corpus.h"

volatile __u64 events;

SEC("raw_tp/sys_exit")
int on_sys_exit(args_t *ctx)
{
	events += ctx[1];
	return 0;
}

SEC("raw_tracepoint/sched_wakeup")
int on_wakeup(args_t *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	pid_t pid = 0;

	bpf_probe_read_kernel(&pid, sizeof(pid), __builtin_preserve_access_index(&task->pid));
	events += pid;
	return 0;
}

LICENSE("GPL");
