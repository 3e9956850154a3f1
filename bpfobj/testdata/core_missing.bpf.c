// SPDX-License-Identifier: GPL-2.0
/* Reads a field, and the value of an enumerator, that no kernel has and does not ask first: refused. */
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

enum no_such_enum {
	NO_SUCH_VALUE = 3,
};

SEC("?tp_btf/sys_enter")
int value_missing(void *ctx)
{
	return __builtin_preserve_enum_value(*(enum no_such_enum *)NO_SUCH_VALUE, 1) & 1; /* BPF_ENUMVAL_VALUE */
}

char _license[] SEC("license") = "GPL";
