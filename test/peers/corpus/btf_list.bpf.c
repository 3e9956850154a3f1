// SPDX-License-Identifier: GPL-2.0
/* Linked lists in a global variable and in a map: decl tags say what they hold. */
#include "corpus.h"

#define bpf_obj_new(type) ((type *)bpf_obj_new_impl(__builtin_btf_type_id(*(type *)0, 0), NULL))
#define bpf_obj_drop(obj) bpf_obj_drop_impl(obj, NULL)
#define container_of(ptr, type, member) ((type *)((void *)(ptr) - __builtin_offsetof(type, member)))

extern void *bpf_obj_new_impl(__u64 local_type_id, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *obj, void *meta) __ksym;
extern int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta,
				   __u64 off) __ksym;
extern struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head) __ksym;

struct entry {
	__u64 number;
	struct bpf_list_node node;
};

struct queue {
	struct bpf_spin_lock lock;
	struct bpf_list_head head __contains(entry, node);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct queue);
} queues SEC(".maps");

private(list) struct bpf_spin_lock lock;
private(list) struct bpf_list_head head __contains(entry, node);

SEC("syscall")
int push_and_pop(void *ctx)
{
	struct bpf_list_node *node;
	struct entry *entry = bpf_obj_new(struct entry);

	if (!entry)
		return 1;
	entry->number = 7;
	bpf_spin_lock(&lock);
	bpf_list_push_back_impl(&head, &entry->node, NULL, 0);
	node = bpf_list_pop_front(&head);
	bpf_spin_unlock(&lock);
	if (node)
		bpf_obj_drop(container_of(node, struct entry, node));
	return 0;
}

SEC("syscall")
int pop_from_map(void *ctx)
{
	struct bpf_list_node *node;
	__u32 first = 0;
	struct queue *queue = bpf_map_lookup_elem(&queues, &first);

	if (!queue)
		return 1;
	bpf_spin_lock(&queue->lock);
	node = bpf_list_pop_front(&queue->head);
	bpf_spin_unlock(&queue->lock);
	if (node)
		bpf_obj_drop(container_of(node, struct entry, node));
	return 0;
}

LICENSE("GPL");
