// SPDX-License-Identifier: GPL-2.0
/* Two maps of one value type, one of which hands memory to a helper, in a function that is called. */
#include "uptr.h"

struct value {
	struct user_data __uptr *data;
};

POINTEE(struct user_data);
TASK_STORAGE(first, struct value);
TASK_STORAGE(second, struct value);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

static __noinline struct user_data *data_of(void *map)
{
	struct value *value = bpf_task_storage_get(&first, bpf_get_current_task_btf(), NULL, 0);

	return value ? value->data : NULL;
}

SEC("tp_btf/sys_enter")
int report(args_t *ctx)
{
	struct value *value = bpf_task_storage_get(&second, bpf_get_current_task_btf(), NULL, 0);
	struct user_data *data = value ? value->data : NULL;

	if (data)
		bpf_ringbuf_output(&ring, data, sizeof(*data), 0);
	return 0;
}

SEC("tp_btf/sched_switch")
int touch(args_t *ctx)
{
	struct user_data *data = data_of(&first);

	if (data)
		data->result += 1;
	return 0;
}

LICENSE("GPL");
