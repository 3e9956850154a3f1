// SPDX-License-Identifier: GPL-2.0
/* What the verifier forbids to do with a user kptr: store it, and follow it unseen. */
#include "uptr.h"

struct value {
	struct user_data __uptr *data;
};

POINTEE(struct user_data);
TASK_STORAGE(values, struct value);

SEC("tp_btf/sys_enter")
int store(args_t *ctx)
{
	struct value *value = bpf_task_storage_get(&values, bpf_get_current_task_btf(), NULL, 0);

	if (value)
		value->data = NULL;
	return 0;
}

SEC("tp_btf/sys_exit")
int unchecked(args_t *ctx)
{
	struct value *value = bpf_task_storage_get(&values, bpf_get_current_task_btf(), NULL, 0);

	if (value)
		value->data->result = 1;
	return 0;
}

SEC("raw_tp/sys_enter")
int checked(args_t *ctx)
{
	return 0;
}

LICENSE("GPL");
