// SPDX-License-Identifier: GPL-2.0
/* An iterator over all tasks that reads what each of them shares. */
#include "uptr.h"

struct bpf_iter_meta {
	struct seq_file *seq;
} __core;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __core;

struct value {
	struct user_data __uptr *data;
};

POINTEE(struct user_data);
TASK_STORAGE(values, struct value);

SEC("iter/task")
int dump(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct user_data *data;
	struct value *value;

	if (!task)
		return 0;
	value = bpf_task_storage_get(&values, task, NULL, 0);
	if (!value)
		return 0;
	data = value->data;
	if (data)
		bpf_seq_write(ctx->meta->seq, data, sizeof(*data));
	return 0;
}

LICENSE("GPL");
