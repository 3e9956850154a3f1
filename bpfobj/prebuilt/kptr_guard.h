/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * kptr_guard_own(): whether the task's own process set an element.
 *
 *	value = bpf_task_storage_get(&kptr_hint, task, NULL, 0);
 *	if (!value || !kptr_guard_own(value, task))
 *		return 0;
 *
 * The kernel lets whoever holds a task-storage map set any task's element. The
 * programs of guard.bpf.c note who did, for all maps at once, where the kernel has BPF
 * trampolines. An element that they did not see made is not own: one from before
 * they were attached, or one beyond max_entries. docs/threat-model.md says
 * what remains open.
 */
#ifndef KPTR_GUARD_H
#define KPTR_GUARD_H

/* By the address of an element's value, that of the task whose own process set it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kptr_guard SEC(".maps");

static __always_inline int kptr_guard_own(const void *value, const struct task_struct *task)
{
	__u64 element = (__u64)value, *owner = bpf_map_lookup_elem(&kptr_guard, &element);

	return owner && *owner == (__u64)task;
}

#endif
