// SPDX-License-Identifier: GPL-2.0
/* Objects that programs make, kept in a map and given back. */
#include "corpus.h"

#define bpf_obj_new(type) ((type *)bpf_obj_new_impl(__builtin_btf_type_id(*(type *)0, 0), NULL))
#define bpf_obj_drop(obj) bpf_obj_drop_impl(obj, NULL)

extern void *bpf_obj_new_impl(__u64 local_type_id, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *obj, void *meta) __ksym;

struct note {
	__u64 number;
	char text[16];
};

struct slot {
	struct note __kptr *note;
};

struct note *note_named_at_file_scope;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct slot);
} slots SEC(".maps");

SEC("tp_btf/sys_enter")
int renew(args_t *ctx)
{
	__u32 first = 0;
	struct slot *slot = bpf_map_lookup_elem(&slots, &first);
	struct note *note;

	if (!slot)
		return 0;
	note = bpf_obj_new(struct note);
	if (!note)
		return 0;
	note->number = ctx[1];
	note = bpf_kptr_xchg(&slot->note, note);
	if (note)
		bpf_obj_drop(note);
	return 0;
}

LICENSE("GPL");
