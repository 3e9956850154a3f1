// SPDX-License-Identifier: GPL-2.0
/* One user kptr, under the tag that the kernel honours. */
#include "uptr.h"

struct value {
	struct user_data __uptr *data;
};

POINTEE(struct user_data);
TASK_STORAGE(values, struct value);

SEC("tp_btf/sys_enter")
int on_sys_enter(args_t *ctx)
{
	struct value *value = bpf_task_storage_get(&values, bpf_get_current_task_btf(), NULL, 0);
	struct user_data *data;

	if (!value)
		return 0;
	data = value->data;
	if (data)
		data->result = data->a + data->b;
	return 0;
}

LICENSE("GPL");
