// SPDX-License-Identifier: GPL-2.0
/* A kptr of the kernel beside user kptrs: the program exchanges it and calls functions of the kernel. */
#include "user_kptr.h"

struct cgroup {
	int level;
} __core;

struct nested {
	struct user_data __kptr_user *data;
};

struct value {
	struct user_data __kptr_user *data;
	struct cgroup __kptr *cgroup;
	struct nested nested;
};

KPTR_USER_POINTEE(struct user_data);
/* A FWD behind any kptr of the value disables them all. */
struct cgroup *cgroup_named_at_file_scope;

TASK_STORAGE(values, struct value);

pid_t target_pid;
volatile int exchanged; /* how often the program put the cgroup into the value */
volatile int returned;	/* how often there was one */
volatile int level = -1;

extern struct cgroup *bpf_cgroup_from_id(__u64 cgid) __ksym;
extern struct cgroup *bpf_cgroup_ancestor(struct cgroup *cgrp, int level) __ksym;
extern void bpf_cgroup_release(struct cgroup *cgrp) __ksym;

static __always_inline void add(struct user_data *data)
{
	data->result = data->a + data->b;
}

SEC("tp_btf/sys_enter")
int exchange(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct cgroup *root, *ancestor;
	struct user_data *data;
	struct value *value;

	if (task->pid != target_pid)
		return 0;
	value = bpf_task_storage_get(&values, task, NULL, 0);
	if (!value)
		return 0;
	data = value->data;
	if (data)
		add(data);
	data = value->nested.data;
	if (data)
		add(data);
	root = bpf_cgroup_from_id(1);
	if (!root)
		return 0;
	ancestor = bpf_cgroup_ancestor(root, 0);
	if (ancestor) {
		level = ancestor->level;
		bpf_cgroup_release(ancestor);
	}
	root = bpf_kptr_xchg(&value->cgroup, root);
	exchanged += 1;
	if (root) {
		returned += 1;
		bpf_cgroup_release(root);
	}
	return 0;
}
