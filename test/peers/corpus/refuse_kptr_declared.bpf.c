// SPDX-License-Identifier: GPL-2.0
/* A kptr to a struct that is only declared, beside a lock: the kernel refuses the object's BTF, and does not say why. */
#include "corpus.h"

struct held {
	struct bpf_spin_lock lock;
	struct task_struct __kptr *task;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct held);
} tasks SEC(".maps");

SEC("raw_tp/sys_enter")
int look(args_t *ctx)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&tasks, &zero) != 0;
}

LICENSE("GPL");
