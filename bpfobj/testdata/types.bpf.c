// SPDX-License-Identifier: GPL-2.0
/*
 * One program for each program type. The tracing ones count the events of one
 * thread; fentry and fexit load only if asked, since some hosts have no BPF
 * trampolines.
 */
#include "../prebuilt/bpf.h"

struct bpf_iter_meta {
	struct seq_file *seq;
} __core;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __core;

/* tracefs: events/raw_syscalls/sys_enter/format */
struct sys_enter_event {
	__u64 common;
	long id;
	unsigned long args[6];
};

pid_t target_pid;
volatile __u64 tp_btf_calls;
volatile __u64 raw_tp_calls;
volatile __u64 tracepoint_calls;
volatile __u64 fentry_calls;
volatile __u64 fexit_calls;
volatile long tp_btf_id;
volatile long raw_tp_id;
volatile long tracepoint_id;

static __always_inline int is_target(void)
{
	return (pid_t)bpf_get_current_pid_tgid() == target_pid;
}

/* TP_PROTO(struct pt_regs *regs, long id) in include/trace/events/syscalls.h */
SEC("tp_btf/sys_enter")
int on_tp_btf(__u64 *ctx)
{
	if (is_target()) {
		tp_btf_calls += 1;
		tp_btf_id = ctx[1];
	}
	return 0;
}

SEC("raw_tp/sys_enter")
int on_raw_tp(__u64 *ctx)
{
	if (is_target()) {
		raw_tp_calls += 1;
		raw_tp_id = ctx[1];
	}
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_enter")
int on_tracepoint(struct sys_enter_event *ctx)
{
	if (is_target()) {
		tracepoint_calls += 1;
		tracepoint_id = ctx->id;
	}
	return 0;
}

/* Writes the tid of each task, 4 bytes in host order; the last call has no task. */
SEC("iter/task")
int on_iter_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	pid_t pid;

	if (!task)
		return 0;
	pid = task->pid;
	bpf_seq_write(ctx->meta->seq, &pid, sizeof(pid));
	return 0;
}

/* ctx_in and ctx_out of BPF_PROG_TEST_RUN */
struct syscall_args {
	__u64 in;
	__u64 out;
};

SEC("syscall")
int on_syscall(struct syscall_args *args)
{
	args->out = args->in * 2;
	return 42;
}

SEC("?fentry/vfs_read")
int on_fentry(__u64 *ctx)
{
	if (is_target())
		fentry_calls += 1;
	return 0;
}

SEC("?fexit/vfs_read")
int on_fexit(__u64 *ctx)
{
	if (is_target())
		fexit_calls += 1;
	return 0;
}

char _license[] SEC("license") = "GPL";
