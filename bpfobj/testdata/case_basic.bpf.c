// SPDX-License-Identifier: GPL-2.0
/*
 * Two user kptrs in a value, one of them nested. The thread that runs the program need not be the one whose element it
 * uses: a child can trigger what reads its parent's memory. bpf_task_from_pid() would find any thread, but only where
 * programs are compiled.
 */
#include "user_kptr.h"

#define MAGIC 1000

struct nested {
	struct user_data __kptr_user *data;
};

struct value {
	struct user_data __kptr_user *data;
	struct nested nested;
	__u64 plain;
};

KPTR_USER_POINTEE(struct user_data);
TASK_STORAGE(values, struct value);

pid_t owner;	    /* thread whose element is used: the one that runs the program, or its parent */
pid_t trigger_pid;  /* thread whose system calls run the program */
pid_t trigger_tgid; /* or process */
volatile int runs;
volatile int has_element;
volatile int blocks; /* a bit for each user kptr that is not NULL */
volatile int sum;    /* of both results */
volatile __u64 plain;

struct task_struct___family {
	struct task_struct *real_parent;
} __attribute__((preserve_access_index));

static __always_inline int add(struct user_data *data)
{
	data->result = MAGIC + data->a + data->b;
	return data->result;
}

SEC("tp_btf/sys_enter")
int use_element(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	int found = 0, total = 0;
	struct user_data *data;
	struct value *value;

	if (task->pid != trigger_pid && task->tgid != trigger_tgid)
		return 0;
	if (task->pid != owner)
		task = ((struct task_struct___family *)task)->real_parent;
	if (task->pid != owner)
		return 0;
	value = bpf_task_storage_get(&values, task, NULL, 0);
	has_element = value != NULL;
	if (value) {
		plain = value->plain;
		data = value->data;
		if (data) {
			total += add(data);
			found |= 1;
		}
		data = value->nested.data;
		if (data) {
			total += add(data);
			found |= 2;
		}
	}
	blocks = found;
	sum = total;
	runs += 1;
	return 0;
}
