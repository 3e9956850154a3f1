// SPDX-License-Identifier: GPL-2.0
/* Reads a field that no kernel has and does not ask first: refused. */
#include "../prebuilt/bpf.h"

struct task_struct___part {
	int no_such_field;
} __core;

SEC("tp_btf/sys_enter")
int read_missing(void *ctx)
{
	struct task_struct___part *task = (void *)bpf_get_current_task_btf();

	return task->no_such_field & 1;
}

char _license[] SEC("license") = "GPL";
