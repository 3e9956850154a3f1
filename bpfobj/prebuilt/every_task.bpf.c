// SPDX-License-Identifier: GPL-2.0

//go:build ignore

/*
 * task_local.bpf.c for every task that has shared a block, whichever process it
 * is of: what stands behind a map that is pinned for others to share through.
 */
#include "bpf.h"
#include "kptr_user.h"

struct user_data {
	int a;
	int b;
	int result;
};

struct value_type {
	struct user_data __kptr_user *udata;
};

KPTR_USER_POINTEE(struct user_data);

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct value_type);
} datamap SEC(".maps");

SEC("tp_btf/sys_enter")
int on_sys_enter(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct value_type *value;
	struct user_data *udata;

	/* No BPF_LOCAL_STORAGE_GET_F_CREATE: most tasks have no element, and need none. */
	value = bpf_task_storage_get(&datamap, task, NULL, 0);
	if (!value)
		return 0;
	udata = value->udata;
	if (udata)
		udata->result = udata->a + udata->b;
	return 0;
}

/*
 * An element outlives execve(2), on a page of the program that is gone, and nobody
 * is left to delete it. The exec'ing thread is the only one by then.
 */
SEC("tp_btf/sched_process_exec")
int on_exec(void *ctx)
{
	bpf_task_storage_delete(&datamap, bpf_get_current_task_btf());
	return 0;
}

char _license[] SEC("license") = "GPL";
