// SPDX-License-Identifier: GPL-2.0
/* An iterator that may fault pages of user space in. */
#include "corpus.h"

struct bpf_iter_meta {
	struct seq_file *seq;
} __core;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __core;

SEC("iter.s/task")
int dump_task(struct bpf_iter__task *ctx)
{
	char text[8] = "";

	if (!ctx->task)
		return 0;
	bpf_copy_from_user(text, sizeof(text), (void *)8);
	bpf_seq_write(ctx->meta->seq, text, sizeof(text));
	return 0;
}

LICENSE("GPL");
