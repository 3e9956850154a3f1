// SPDX-License-Identifier: GPL-2.0
/* A spin lock beside a user kptr, which is followed while it is held. */
#include "uptr.h"

struct value {
	struct bpf_spin_lock lock;
	struct user_data __uptr *data;
};

POINTEE(struct user_data);
TASK_STORAGE(values, struct value);

SEC("syscall")
int on_request(void *ctx)
{
	struct value *value = bpf_task_storage_get(&values, bpf_get_current_task_btf(), NULL,
						   BPF_LOCAL_STORAGE_GET_F_CREATE);
	struct user_data *data;

	if (!value)
		return 1;
	bpf_spin_lock(&value->lock);
	data = value->data;
	if (data)
		data->result = data->a;
	bpf_spin_unlock(&value->lock);
	return 0;
}

LICENSE("GPL");
