// SPDX-License-Identifier: GPL-2.0

//go:build ignore

/*
 * Who has registered a hint or a collector's word: a run of the iterator writes a
 * struct registered for each thread that has, to whoever reads it.
 */
#include "bpf.h"
#include "kptr_hint.h"

struct bpf_iter_meta {
	struct seq_file *seq;
} __core;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __core;

struct task_struct___named {
	char comm[16]; /* TASK_COMM_LEN */
} __core;

KPTR_HINT_MAPS;

static long (*const bpf_probe_read_kernel)(void *dst, __u32 size, const void *from) = (void *)113;

/* A struct kptr_hint follows where there is one. */
struct registered {
	pid_t tid;
	pid_t tgid;
	char comm[16];
	__u32 has;
	__u32 marking;
};

#define HAS_HINT 1
#define HAS_GC 2

SEC("iter/task")
int on_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct registered r = {};
	struct kptr_hint_value *hint_value;
	struct kptr_gc_value *gc_value;
	struct kptr_hint *hint = NULL;

	if (!task)
		return 0; /* the last call has none */
	hint_value = bpf_task_storage_get(&kptr_hint, task, NULL, 0);
	if (hint_value)
		hint = hint_value->hint;
	if (hint)
		r.has |= HAS_HINT;
	gc_value = bpf_task_storage_get(&kptr_gc, task, NULL, 0);
	if (gc_value) {
		struct kptr_gc *gc = gc_value->gc;

		if (gc) {
			r.has |= HAS_GC;
			r.marking = gc->marking;
		}
	}
	if (!r.has)
		return 0;
	r.tid = task->pid;
	r.tgid = task->tgid;
	bpf_probe_read_kernel(r.comm, sizeof(r.comm), ((struct task_struct___named *)task)->comm);
	bpf_seq_write(ctx->meta->seq, &r, sizeof(r));
	if (hint)
		bpf_seq_write(ctx->meta->seq, hint, sizeof(*hint));
	return 0;
}

char _license[] SEC("license") = "GPL";
