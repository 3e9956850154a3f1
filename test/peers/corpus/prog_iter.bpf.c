// SPDX-License-Identifier: GPL-2.0
/* Iterators: tasks, maps, the elements of a map, and a format in .rodata. */
#include "corpus.h"

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 seq_num;
} __core;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __core;

struct bpf_map___seen {
	__u32 id;
	__u32 max_entries;
} __core;

struct bpf_iter__bpf_map {
	struct bpf_iter_meta *meta;
	struct bpf_map___seen *map;
} __core;

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	struct bpf_map___seen *map;
	void *key;
	void *value;
} __core;

static const char format[] = "%d %d\n";

SEC("iter/task")
int dump_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	__u64 numbers[2];

	if (!task)
		return 0;
	numbers[0] = task->pid;
	numbers[1] = task->tgid;
	bpf_seq_printf(ctx->meta->seq, format, sizeof(format), numbers, sizeof(numbers));
	return 0;
}

SEC("iter/bpf_map")
int dump_map(struct bpf_iter__bpf_map *ctx)
{
	struct bpf_map___seen *map = ctx->map;
	__u64 numbers[2];

	if (!map)
		return 0;
	numbers[0] = map->id;
	numbers[1] = map->max_entries;
	bpf_seq_printf(ctx->meta->seq, format, sizeof(format), numbers, sizeof(numbers));
	return 0;
}

SEC("iter/bpf_map_elem")
int dump_elem(struct bpf_iter__bpf_map_elem *ctx)
{
	if (ctx->key && ctx->value)
		bpf_seq_write(ctx->meta->seq, "x", 1);
	return 0;
}

LICENSE("GPL");
