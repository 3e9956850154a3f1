// SPDX-License-Identifier: GPL-2.0
/* User kptrs in nested structs and arrays. */
#include "uptr.h"

struct inner {
	__u32 number;
	struct user_data __uptr *data;
};

struct value {
	struct inner inner[2];
	struct user_data __uptr *more[3];
	__u64 count;
};

POINTEE(struct user_data);
TASK_STORAGE(values, struct value);

SEC("tp_btf/sys_enter")
int on_sys_enter(args_t *ctx)
{
	struct value *value = bpf_task_storage_get(&values, bpf_get_current_task_btf(), NULL,
						   BPF_LOCAL_STORAGE_GET_F_CREATE);
	struct user_data *data;

	if (!value)
		return 0;
	value->count += value->inner[0].number;
	data = value->inner[1].data;
	if (data)
		data->result += 1;
	data = value->more[2];
	if (data)
		__sync_fetch_and_add(&data->result, 1);
	return 0;
}

LICENSE("GPL");
