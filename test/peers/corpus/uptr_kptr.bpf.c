// SPDX-License-Identifier: GPL-2.0
/* A reference to an object of the kernel, and one to an object of the program's, beside a user kptr. */
#include "uptr.h"

#define bpf_obj_new(type) ((type *)bpf_obj_new_impl(__builtin_btf_type_id(*(type *)0, 0), NULL))

extern void *bpf_obj_new_impl(__u64 local_type_id, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *obj, void *meta) __ksym;

struct note {
	__u64 number;
};

struct value {
	struct user_data __uptr *data;
	struct task_struct __kptr *task;
	struct note __kptr *note;
};

POINTEE(struct user_data);
POINTEE(struct task_struct);
POINTEE(struct note);
TASK_STORAGE(values, struct value);

SEC("tp_btf/sys_enter")
int on_sys_enter(args_t *ctx)
{
	struct value *value = bpf_task_storage_get(&values, bpf_get_current_task_btf(), NULL, 0);
	struct user_data *data;
	struct note *note;

	if (!value)
		return 0;
	note = bpf_obj_new(struct note);
	if (!note)
		return 0;
	data = value->data;
	note->number = data ? data->a : 0;
	note = bpf_kptr_xchg(&value->note, note);
	if (note)
		bpf_obj_drop_impl(note, NULL);
	return 0;
}

LICENSE("GPL");
