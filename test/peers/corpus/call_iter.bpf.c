// SPDX-License-Identifier: GPL-2.0
/* Loops over what the kernel hands out one by one. */
#include "corpus.h"

struct bpf_iter_task {
	__u64 __opaque[3];
} __attribute__((aligned(8)));

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;
extern int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task, unsigned int flags) __ksym;
extern struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) __ksym;
extern void bpf_iter_task_destroy(struct bpf_iter_task *it) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

SEC("raw_tp/sys_enter")
int numbers(args_t *ctx)
{
	struct bpf_iter_num it;
	int sum = 0, *n;

	bpf_iter_num_new(&it, 0, 100);
	while ((n = bpf_iter_num_next(&it)))
		sum += *n;
	bpf_iter_num_destroy(&it);
	return sum;
}

SEC("syscall")
int tasks(void *ctx)
{
	struct bpf_iter_task it;
	struct task_struct *task;
	int sum = 0;

	bpf_rcu_read_lock();
	bpf_iter_task_new(&it, NULL, 0);
	while ((task = bpf_iter_task_next(&it)))
		sum += task->pid;
	bpf_iter_task_destroy(&it);
	bpf_rcu_read_unlock();
	return sum;
}

LICENSE("GPL");
