// SPDX-License-Identifier: GPL-2.0

//go:build ignore

/*
 * What a broker asks the kernel about the processes that share through it: which
 * of them execute another program, and which tasks have an element already.
 * The broker puts the map that it serves in the place of "elements".
 */
#include "bpf.h"

struct bpf_iter_meta {
	struct seq_file *seq;
} __core;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __core;

/* The broker's clients, by process id: non-zero once one has called execve(2). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u32);
} clients SEC(".maps");

/* Wakes the broker up; what it holds nobody reads. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} wake SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} elements SEC(".maps");

/* By now the thread is the only one of its process, and the leader. */
SEC("tp_btf/sched_process_exec")
int on_exec(void *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u32 *executed = bpf_map_lookup_elem(&clients, &pid);

	if (!executed)
		return 0;
	*executed = 1;
	bpf_task_storage_delete(&elements, bpf_get_current_task_btf());
	bpf_ringbuf_output(&wake, &pid, sizeof(pid), 0);
	return 0;
}

/* Writes the thread id of each task with an element, 4 bytes. */
SEC("?iter/task")
int holders(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	pid_t pid;

	if (!task || !bpf_task_storage_get(&elements, task, NULL, 0))
		return 0;
	pid = task->pid;
	bpf_seq_write(ctx->meta->seq, &pid, sizeof(pid));
	return 0;
}

char _license[] SEC("license") = "GPL";
