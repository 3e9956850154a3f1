// SPDX-License-Identifier: GPL-2.0
/*
 * A map for each special field that task storage does not hold beside a user kptr, EOPNOTSUPP, and for some that it
 * does. (bad_timer and values have the others.)
 */
#include "user_kptr.h"

struct bpf_wq {
	__u64 opaque[2];
} __attribute__((aligned(8)));

struct bpf_list_head {
	__u64 opaque[2];
} __attribute__((aligned(8)));

struct bpf_list_node {
	__u64 opaque[3];
} __attribute__((aligned(8)));

struct bpf_rb_root {
	__u64 opaque[2];
} __attribute__((aligned(8)));

struct bpf_rb_node {
	__u64 opaque[4];
} __attribute__((aligned(8)));

struct bpf_refcount {
	__u32 opaque[1];
} __attribute__((aligned(4)));

#define __contains(name, node) __attribute__((btf_decl_tag("contains:" #name ":" #node)))

struct list_item {
	struct bpf_list_node node;
	__u64 number;
};

struct tree_item {
	struct bpf_rb_node node;
	__u64 number;
};

struct beside_wq {
	struct user_data __kptr_user *udata;
	struct bpf_wq wq;
};

struct beside_list {
	struct user_data __kptr_user *udata;
	struct bpf_spin_lock lock;
	struct bpf_list_head head __contains(list_item, node);
};

struct beside_tree {
	struct user_data __kptr_user *udata;
	struct bpf_spin_lock lock;
	struct bpf_rb_root root __contains(tree_item, node);
};

struct beside_refcount {
	struct user_data __kptr_user *udata;
	struct bpf_refcount count;
};

struct beside_lock {
	struct bpf_spin_lock lock;
	struct user_data __kptr_user *udata;
};

struct nested {
	__u32 plain;
	struct user_data __kptr_user *udata;
};

struct everything {
	struct bpf_spin_lock lock;
	int number;
	struct user_data __kptr_user *udata;
	struct nested nested[2];
	struct user_data __kptr_user *more[2];
	struct task_struct __kptr *task;
};

KPTR_USER_POINTEE(struct user_data);
struct list_item *list_item_named_at_file_scope;
struct tree_item *tree_item_named_at_file_scope;

struct task_struct *task_struct_named_at_file_scope;

TASK_STORAGE(wq, struct beside_wq);
TASK_STORAGE(list, struct beside_list);
TASK_STORAGE(tree, struct beside_tree);
TASK_STORAGE(refcount, struct beside_refcount);
TASK_STORAGE(lock, struct beside_lock);
TASK_STORAGE(everything, struct everything);
