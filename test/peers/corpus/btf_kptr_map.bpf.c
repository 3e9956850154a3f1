// SPDX-License-Identifier: GPL-2.0
/* References to objects of the kernel in values of several map types. */
#include "corpus.h"

extern struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;

struct value {
	struct task_struct __kptr *task;
	struct task_struct __kptr_untrusted *hint;
	__u64 count;
};

struct task_struct *task_named_at_file_scope;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, int);
	__type(value, struct value);
} by_pid SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct value);
} by_cpu SEC(".maps");

SEC("tp_btf/sys_enter")
int exchange(args_t *ctx)
{
	int first = 0;
	struct value *value = bpf_map_lookup_elem(&by_cpu, &first);
	struct task_struct *task;

	if (!value)
		return 0;
	task = bpf_task_acquire(bpf_get_current_task_btf());
	if (!task)
		return 0;
	task = bpf_kptr_xchg(&value->task, task);
	if (task)
		bpf_task_release(task);
	value = bpf_map_lookup_elem(&by_pid, &first);
	if (value)
		value->hint = bpf_get_current_task_btf();
	return 0;
}

LICENSE("GPL");
