// SPDX-License-Identifier: GPL-2.0
/* Calls to functions of the kernel, one of which does not exist. */
#include "../prebuilt/bpf.h"

struct cgroup {
	int level;
} __core;

extern struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;
extern struct cgroup *bpf_cgroup_from_id(__u64 cgid) __ksym;
extern void bpf_cgroup_release(struct cgroup *cgrp) __ksym;
extern int bpf_kptr_no_such_kfunc(int number) __ksym __weak;

volatile int acquired_pid;
volatile int cgroup_found;
volatile int missing_exists = 1;

SEC("syscall")
int call_kfuncs(void *ctx)
{
	struct task_struct *task = bpf_task_acquire(bpf_get_current_task_btf());
	struct cgroup *root;

	if (task) {
		acquired_pid = task->pid;
		bpf_task_release(task);
	}
	root = bpf_cgroup_from_id(1);
	if (root) {
		cgroup_found = 1;
		bpf_cgroup_release(root);
	}
	missing_exists = 0;
	if (bpf_kptr_no_such_kfunc)
		missing_exists = bpf_kptr_no_such_kfunc(1);
	return 0;
}

SEC("tp_btf/sys_enter")
int call_kfunc_again(void *ctx)
{
	struct task_struct *task = bpf_task_acquire(bpf_get_current_task_btf());

	if (task)
		bpf_task_release(task);
	return 0;
}

char _license[] SEC("license") = "GPL";
