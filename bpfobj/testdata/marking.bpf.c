// SPDX-License-Identifier: GPL-2.0
/* Counts the system calls of a kind that a process makes while its Go collector marks, and while it does not. */
#include "../prebuilt/bpf.h"
#include "../prebuilt/kptr_hint.h"

struct task_struct___led {
	struct task_struct *group_leader;
} __core;

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct kptr_gc_value);
} kptr_gc SEC(".maps");

pid_t target_tgid;
__u64 call_nr;
volatile __u64 unknown; /* no word is registered */
volatile __u64 idle;
volatile __u64 marking;

SEC("tp_btf/sys_enter")
int on_sys_enter(__u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *leader;
	struct kptr_gc_value *v;
	struct kptr_gc *gc = NULL;

	if (task->tgid != target_tgid || ctx[1] != call_nr)
		return 0;
	leader = ((struct task_struct___led *)task)->group_leader;
	v = leader ? bpf_task_storage_get(&kptr_gc, leader, NULL, 0) : NULL;
	if (v)
		gc = v->gc;
	if (!gc)
		__sync_fetch_and_add(&unknown, 1);
	else if (gc->marking)
		__sync_fetch_and_add(&marking, 1);
	else
		__sync_fetch_and_add(&idle, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
