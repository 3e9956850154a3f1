// SPDX-License-Identifier: GPL-2.0
/* The tag of the RFC, which no released kernel honours: the loader has to change it. */
#include "uptr.h"

struct value {
	struct user_data __attribute__((btf_type_tag("kptr_user"))) *data;
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
