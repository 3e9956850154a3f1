// SPDX-License-Identifier: GPL-2.0
/* A value with everything that may stand beside a user kptr. */
#include "user_kptr.h"

struct label {
	__u64 sequence;
	char text[24];
};

struct nested {
	__u32 plain;
	struct user_data __kptr_user *data;
};

struct value {
	int number;
	struct bpf_spin_lock lock;
	struct user_data __kptr_user *data;
	struct nested nested;
	struct label __kptr_user *labels[2];
	struct task_struct __kptr *task;
	__u64 counter;
};

KPTR_USER_POINTEE(struct user_data);
KPTR_USER_POINTEE(struct label);
/* A FWD behind any kptr of the value disables them all, the user kptrs too. */
struct task_struct *task_named_at_file_scope;

TASK_STORAGE(values, struct value);

pid_t target_pid;
volatile int found;
volatile int number;
volatile int data_seen;
volatile int nested_seen;
volatile int labels_seen;

extern struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;

static __always_inline void add(struct user_data *data)
{
	data->result = data->a + data->b;
}

SEC("tp_btf/sys_enter")
int read_values(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct user_data *data;
	struct label *label;
	struct value *value;
	int labels = 0;

	if (task->pid != target_pid)
		return 0;
	value = bpf_task_storage_get(&values, task, NULL, 0);
	found = value != NULL;
	if (!value)
		return 0;
	number = value->number;
	value->counter += 1;
	data = value->data;
	data_seen = data != NULL;
	if (data)
		add(data);
	data = value->nested.data;
	nested_seen = data != NULL;
	if (data)
		add(data);
	label = value->labels[0];
	if (label) {
		label->sequence += 1;
		labels |= 1;
	}
	label = value->labels[1];
	if (label) {
		label->sequence += 2;
		labels |= 2;
	}
	labels_seen = labels;
	return 0;
}

/* Tracing programs may not take the lock; syscall programs may. Returns 1 if it wrote. */
SEC("syscall")
int add_under_lock(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct user_data *data;
	struct value *value;
	int wrote = 0;

	value = bpf_task_storage_get(&values, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!value)
		return 0;
	bpf_spin_lock(&value->lock);
	data = value->data;
	if (data) {
		add(data);
		wrote = 1;
	}
	bpf_spin_unlock(&value->lock);
	return wrote;
}

/* Leaves a reference to the current task in the value; returns 1 if there was one. */
SEC("?syscall")
int exchange_kptr(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *acquired, *old;
	struct value *value;

	value = bpf_task_storage_get(&values, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!value)
		return 0;
	acquired = bpf_task_acquire(task);
	if (!acquired)
		return 0;
	old = bpf_kptr_xchg(&value->task, acquired);
	if (!old)
		return 0;
	bpf_task_release(old);
	return 1;
}
