// SPDX-License-Identifier: GPL-2.0
/* A red-black tree of counted objects, with a callback that orders them. */
#include "corpus.h"

#define bpf_obj_new(type) ((type *)bpf_obj_new_impl(__builtin_btf_type_id(*(type *)0, 0), NULL))
#define bpf_obj_drop(obj) bpf_obj_drop_impl(obj, NULL)
#define container_of(ptr, type, member) ((type *)((void *)(ptr) - __builtin_offsetof(type, member)))

extern void *bpf_obj_new_impl(__u64 local_type_id, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *obj, void *meta) __ksym;
extern void *bpf_refcount_acquire_impl(void *obj, void *meta) __ksym;
extern int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node,
			       _Bool (*less)(struct bpf_rb_node *a, const struct bpf_rb_node *b), void *meta,
			       __u64 off) __ksym;
extern struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root) __ksym;
extern struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root, struct bpf_rb_node *node) __ksym;

struct leaf {
	__u64 key;
	struct bpf_rb_node node;
	struct bpf_refcount count;
};

private(tree) struct bpf_spin_lock lock;
private(tree) struct bpf_rb_root root __contains(leaf, node);

static _Bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return container_of(a, struct leaf, node)->key < container_of(b, struct leaf, node)->key;
}

SEC("syscall")
int add_and_remove(void *ctx)
{
	struct bpf_rb_node *node;
	struct leaf *leaf = bpf_obj_new(struct leaf), *again;

	if (!leaf)
		return 1;
	leaf->key = bpf_ktime_get_ns();
	again = bpf_refcount_acquire_impl(leaf, NULL);
	bpf_spin_lock(&lock);
	bpf_rbtree_add_impl(&root, &leaf->node, less, NULL, 0);
	node = bpf_rbtree_first(&root);
	if (node)
		node = bpf_rbtree_remove(&root, node);
	bpf_spin_unlock(&lock);
	if (node)
		bpf_obj_drop(container_of(node, struct leaf, node));
	if (again)
		bpf_obj_drop(again);
	return 0;
}

LICENSE("GPL");
