// SPDX-License-Identifier: GPL-2.0
/* Local storage of everything that has one. */
#include "corpus.h"

struct state {
	__u64 seen;
	struct bpf_spin_lock lock;
};

#define STORAGE(kind)					\
	struct {					\
		__uint(type, BPF_MAP_TYPE_##kind);	\
		__uint(map_flags, BPF_F_NO_PREALLOC);	\
		__type(key, int);			\
		__type(value, struct state);		\
	}

STORAGE(TASK_STORAGE) of_tasks SEC(".maps");
STORAGE(SK_STORAGE) of_sockets SEC(".maps");
STORAGE(INODE_STORAGE) of_inodes SEC(".maps");
STORAGE(CGRP_STORAGE) of_cgroups SEC(".maps");

struct cgroup;

struct css_set {
	struct cgroup *dfl_cgrp;
} __core;

struct task_struct___cgroups {
	struct css_set *cgroups;
} __core;

SEC("tp_btf/sys_enter")
int count(args_t *ctx)
{
	struct task_struct___cgroups *task = (void *)bpf_get_current_task_btf();
	struct state *state = bpf_task_storage_get(&of_tasks, (void *)task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (state)
		state->seen += 1;
	state = bpf_cgrp_storage_get(&of_cgroups, task->cgroups->dfl_cgrp, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (state)
		state->seen += 1;
	return 0;
}

LICENSE("GPL");
