// SPDX-License-Identifier: GPL-2.0
/* Fields: where they are, how large, whether they are, and of which sign. */
#include "core.h"

struct task_struct___here {
	char comm[1];
	pid_t pid;
	struct task_struct___here *parent;
	struct task_struct___here *group_leader;
	int not_in_any_kernel;
} __core;

volatile __u64 results[8];

SEC("tp_btf/sys_enter")
int on_sys_enter(args_t *ctx)
{
	struct task_struct___here *task = (void *)bpf_get_current_task_btf();

	results[0] = FIELD_OFFSET(task->comm);
	results[1] = FIELD_SIZE(task->comm);
	results[2] = FIELD_SIGNED(task->pid);
	results[3] = FIELD_EXISTS(task->not_in_any_kernel);
	results[4] = task->parent->group_leader->pid;
	if (FIELD_EXISTS(task->not_in_any_kernel))
		results[5] = task->not_in_any_kernel;
	return 0;
}

LICENSE("GPL");
