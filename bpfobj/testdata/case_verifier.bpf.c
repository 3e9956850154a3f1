// SPDX-License-Identifier: GPL-2.0
/* What the verifier says to what a program may do with a user kptr: each one is loaded alone, and the first two are accepted. */
#include "user_kptr.h"

struct label {
	__u64 next;
	char text[24];
};

struct nested {
	struct user_data __kptr_user *data;
};

struct value {
	struct user_data __kptr_user *data;
	struct nested nested;
	struct label __kptr_user *labels[2];
};

struct beside_kptr {
	struct user_data __kptr_user *data;
	struct task_struct __kptr *task;
};

KPTR_USER_POINTEE(struct user_data);
KPTR_USER_POINTEE(struct label);
/* A FWD behind any kptr of the value disables them all. */
struct task_struct *task_named_at_file_scope;

TASK_STORAGE(values, struct value);
TASK_STORAGE(with_kptr, struct beside_kptr);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

volatile __u32 which;
volatile __u64 seen;

/* bpf_core_read.h of libbpf: enum bpf_type_id_kind, BPF_TYPE_ID_LOCAL */
#define type_id_local(type) __builtin_btf_type_id(*(type *)0, 0)

extern void *bpf_obj_new_impl(__u64 local_type_id, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *p, void *meta) __ksym;

static __always_inline struct value *current_value(void)
{
	return bpf_task_storage_get(&values, bpf_get_current_task_btf(), NULL, 0);
}

/* Inside the struct: loads, stores, atomics. */
SEC("?tp_btf/sys_enter")
int use_inside(void *ctx)
{
	struct value *value = current_value();
	struct user_data *data;

	if (!value)
		return 0;
	data = value->data;
	if (!data)
		return 0;
	__sync_fetch_and_add(&data->result, data->a);
	data->b = __sync_lock_test_and_set(&data->a, 1);
	return 0;
}

/* The memory, not the field, as what a helper reads. */
SEC("?tp_btf/sys_enter")
int pass_memory(void *ctx)
{
	struct value *value = current_value();
	struct user_data *data;
	__u64 *number;

	if (!value)
		return 0;
	data = value->data;
	if (!data)
		return 0;
	number = bpf_map_lookup_elem(&numbers, &data->a);
	if (number)
		seen = *number;
	return 0;
}

/* The program's own memory would be followed as if it were the user's. */
SEC("?tp_btf/sys_enter")
int store_field(void *ctx)
{
	struct value *value = current_value();

	if (value)
		value->data = NULL;
	return 0;
}

SEC("?tp_btf/sys_enter")
int store_nested(void *ctx)
{
	struct value *value = current_value();

	if (value)
		value->nested.data = NULL;
	return 0;
}

SEC("?tp_btf/sys_enter")
int no_null_check(void *ctx)
{
	struct value *value = current_value();

	if (value)
		value->data->result = 1;
	return 0;
}

SEC("?tp_btf/sys_enter")
int exchange_field(void *ctx)
{
	struct value *value = current_value();

	if (value)
		bpf_kptr_xchg(&value->data, NULL);
	return 0;
}

/* Where the value has a kptr as well. */
SEC("?tp_btf/sys_enter")
int exchange_beside_kptr(void *ctx)
{
	struct beside_kptr *value;

	value = bpf_task_storage_get(&with_kptr, bpf_get_current_task_btf(), NULL, 0);
	if (value)
		bpf_kptr_xchg(&value->data, NULL);
	return 0;
}

/* An object of the program's own: what its user kptr holds nobody has pinned. */
SEC("?syscall")
int field_of_own_object(void *ctx)
{
	struct value *value = bpf_obj_new_impl(type_id_local(struct value), NULL);

	if (!value)
		return 0;
	if (value->data)
		value->data->result = 1;
	bpf_obj_drop_impl(value, NULL);
	return 0;
}

SEC("?tp_btf/sys_enter")
int out_of_bounds(void *ctx)
{
	struct value *value = current_value();
	struct user_data *data;

	if (!value)
		return 0;
	data = value->data;
	if (data)
		seen = *(volatile __u32 *)(data + 1);
	return 0;
}

SEC("?tp_btf/sys_enter")
int load_half(void *ctx)
{
	struct value *value = current_value();

	if (value)
		seen = *(volatile __u32 *)&value->data;
	return 0;
}

SEC("?tp_btf/sys_enter")
int load_misaligned(void *ctx)
{
	struct value *value = current_value();

	if (value)
		seen = *(volatile __u64 *)((char *)&value->data + 4);
	return 0;
}

SEC("?tp_btf/sys_enter")
int load_variable_offset(void *ctx)
{
	struct value *value = current_value();
	struct label *label;

	if (!value)
		return 0;
	label = value->labels[which & 1];
	if (label)
		seen = label->next;
	return 0;
}

SEC("?tp_btf/sys_enter")
int pass_field(void *ctx)
{
	struct value *value = current_value();
	__u64 *number;

	if (!value)
		return 0;
	number = bpf_map_lookup_elem(&numbers, &value->data);
	if (number)
		seen = *number;
	return 0;
}

/* Of what user memory holds, nothing is a pointer. */
SEC("?tp_btf/sys_enter")
int follow_pointer(void *ctx)
{
	struct value *value = current_value();
	struct label *label;

	if (!value)
		return 0;
	label = value->labels[0];
	if (label)
		seen = *(volatile __u64 *)label->next;
	return 0;
}
