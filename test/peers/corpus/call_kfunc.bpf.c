// SPDX-License-Identifier: GPL-2.0
/* Functions of the kernel: references taken and given back, masks, regions of RCU. */
#include "corpus.h"

struct bpf_cpumask;
struct cgroup {
	int level;
} __core;

extern struct task_struct *bpf_task_from_pid(int pid) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;
extern struct cgroup *bpf_cgroup_from_id(__u64 id) __ksym;
extern void bpf_cgroup_release(struct cgroup *cgrp) __ksym;
extern struct bpf_cpumask *bpf_cpumask_create(void) __ksym;
extern void bpf_cpumask_set_cpu(__u32 cpu, struct bpf_cpumask *cpumask) __ksym;
extern void bpf_cpumask_release(struct bpf_cpumask *cpumask) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

volatile int level;

SEC("tp_btf/sys_enter")
int with_tasks(args_t *ctx)
{
	struct task_struct *task;
	struct cgroup *root;

	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	task = bpf_task_from_pid(1);
	if (task)
		bpf_task_release(task);
	root = bpf_cgroup_from_id(1);
	if (root) {
		level = root->level;
		bpf_cgroup_release(root);
	}
	return 0;
}

SEC("syscall")
int with_masks(void *ctx)
{
	struct bpf_cpumask *mask = bpf_cpumask_create();

	if (!mask)
		return 1;
	bpf_cpumask_set_cpu(0, mask);
	bpf_cpumask_release(mask);
	return 0;
}

LICENSE("GPL");
