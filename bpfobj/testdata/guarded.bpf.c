// SPDX-License-Identifier: GPL-2.0
/* every_task.bpf.c, for elements that the task's own process set. */
#include "user_kptr.h"
#include "../prebuilt/kptr_guard.h"

KPTR_USER_POINTEE(struct user_data);

struct value_type {
	struct user_data __kptr_user *udata;
};

TASK_STORAGE(datamap, struct value_type);

volatile __u64 ignored; /* elements that another process set */

SEC("tp_btf/sys_enter")
int on_sys_enter(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct value_type *value;
	struct user_data *udata;

	value = bpf_task_storage_get(&datamap, task, NULL, 0);
	if (!value)
		return 0;
	if (!kptr_guard_own(value, task)) {
		__sync_fetch_and_add(&ignored, 1);
		return 0;
	}
	udata = value->udata;
	if (udata)
		udata->result = udata->a + udata->b;
	return 0;
}

volatile __u64 notes;

static int count_note(void *map, __u64 *key, __u64 *owner, void *ctx)
{
	__sync_fetch_and_add(&notes, 1);
	return 0;
}

SEC("?syscall")
int count_notes(void *ctx)
{
	notes = 0;
	bpf_for_each_map_elem(&kptr_guard, count_note, NULL, 0);
	return 0;
}
