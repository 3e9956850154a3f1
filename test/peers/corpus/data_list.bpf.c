// SPDX-License-Identifier: GPL-2.0
/* Linked lists under locks of their own, without a section of their own. */
#include "corpus.h"

#define bpf_obj_new(type) ((type *)bpf_obj_new_impl(__builtin_btf_type_id(*(type *)0, 0), NULL))

extern void *bpf_obj_new_impl(__u64 local_type_id, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *obj, void *meta) __ksym;
extern int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta,
				    __u64 off) __ksym;

struct entry {
	struct bpf_list_node node;
	__u64 number;
};

struct bpf_spin_lock lock;
struct bpf_list_head head __contains(entry, node);

SEC("syscall")
int push(void *ctx)
{
	struct entry *entry = bpf_obj_new(struct entry);

	if (!entry)
		return 1;
	bpf_spin_lock(&lock);
	bpf_list_push_front_impl(&head, &entry->node, NULL, 0);
	bpf_spin_unlock(&lock);
	return 0;
}

LICENSE("GPL");
