// SPDX-License-Identifier: GPL-2.0

//go:build ignore

/*
 * A task and this program share a block of the task's memory: the task stores
 * a and b, and its next syscall leaves their sum in result.
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

pid_t target_pid;

SEC("tp_btf/sys_enter")
int on_sys_enter(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct value_type *value;
	struct user_data *udata;

	if (task->pid != target_pid)
		return 0;
	value = bpf_task_storage_get(&datamap, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!value)
		return 0; /* busy on this CPU: the next syscall tries again */
	udata = value->udata;
	if (udata)
		udata->result = udata->a + udata->b;
	return 0;
}

char _license[] SEC("license") = "GPL";
