// SPDX-License-Identifier: GPL-2.0

//go:build ignore

/*
 * Notes for each element of task storage that user space sets whether the task's
 * own process did, before any program can find the element: see kptr_guard.h.
 *
 * bpf_selem_alloc() (kernel/bpf/bpf_local_storage.c) makes every element anew, in the
 * context of whoever calls bpf(2). Its memory is used again after on_free or on_destroy.
 */
#include "bpf.h"
#include "kptr_guard.h"

static long (*const bpf_probe_read_kernel)(void *dst, __u32 size, const void *unsafe_ptr) = (void *)113;
static long (*const bpf_get_func_arg)(void *ctx, __u32 n, __u64 *value) = (void *)183;
static long (*const bpf_get_func_ret)(void *ctx, __u64 *value) = (void *)184;
static long (*const bpf_get_func_arg_cnt)(void *ctx) = (void *)185;

struct bpf_local_storage_data {
	char data[1];
} __core;

struct hlist_node {
	struct hlist_node *next;
} __core;

struct hlist_head {
	struct hlist_node *first;
} __core;

struct callback_head {
	void *next;
};

struct bpf_local_storage_elem {
	struct hlist_node snode;
	struct callback_head rcu;
	struct bpf_local_storage_data sdata;
} __core;

struct bpf_local_storage {
	struct hlist_head list;
} __core;

#define MAX_ELEMENTS 64 /* of one task, one for each map: the notes of more stay until their addresses are used again */

volatile __u64 own_updates;
volatile __u64 foreign_updates;
volatile __u64 unnoted_updates; /* kptr_guard was full: ignored as the foreign ones are */
volatile __u64 last_foreign;	/* tgid of the last foreign writer << 32 | tid of the task */

/* A process that may set the elements of others: a broker's tgid, 0 for none. */
volatile pid_t trusted_tgid;

/* The address of what a program finds in an element. */
static __always_inline __u64 value_of(__u64 selem)
{
	return (__u64)&((struct bpf_local_storage_elem *)selem)->sdata.data;
}

SEC("fexit/bpf_selem_alloc")
int on_alloc(void *ctx)
{
	__u64 selem = 0, owner = 0, swap_uptrs = 0, element;
	pid_t writer = bpf_get_current_pid_tgid() >> 32, tgid = 0, pid = 0;
	struct task_struct *task;

	/*
	 * swap_uptrs is true for BPF_MAP_UPDATE_ELEM of task storage alone. Up to Linux
	 * 6.18 charge_mem stands before it, and gfp_flags is the sixth argument.
	 */
	bpf_get_func_arg(ctx, bpf_get_func_arg_cnt(ctx) == 6 ? 4 : 3, &swap_uptrs);
	bpf_get_func_ret(ctx, &selem);
	if (!(swap_uptrs & 1) || !selem)
		return 0;
	bpf_get_func_arg(ctx, 1, &owner);
	task = (struct task_struct *)owner;
	bpf_probe_read_kernel(&tgid, sizeof(tgid), &task->tgid);
	element = value_of(selem);
	if (writer != tgid && writer != trusted_tgid) {
		bpf_map_delete_elem(&kptr_guard, &element);
		bpf_probe_read_kernel(&pid, sizeof(pid), &task->pid);
		last_foreign = (__u64)writer << 32 | (__u32)pid;
		__sync_fetch_and_add(&foreign_updates, 1);
	} else if (bpf_map_update_elem(&kptr_guard, &element, &owner, BPF_ANY)) {
		__sync_fetch_and_add(&unnoted_updates, 1);
	} else {
		__sync_fetch_and_add(&own_updates, 1);
	}
	return 0;
}

static __always_inline int forget(__u64 selem)
{
	__u64 element = value_of(selem);

	bpf_map_delete_elem(&kptr_guard, &element);
	return 0;
}

/* An RCU callback, and so no compiler makes it a part of its callers: an element that was deleted or replaced. */
SEC("fentry/bpf_selem_free_trace_rcu")
int on_free(__u64 *ctx)
{
	return forget(ctx[0] - (__u64)&((struct bpf_local_storage_elem *)0)->rcu);
}

/* The elements of a task that is freed. */
SEC("fentry/bpf_local_storage_destroy")
int on_destroy(__u64 *ctx)
{
	struct bpf_local_storage *storage = (struct bpf_local_storage *)ctx[0];
	struct hlist_node *node = NULL;
	int i;

	bpf_probe_read_kernel(&node, sizeof(node), &storage->list.first);
	for (i = 0; i < MAX_ELEMENTS && node; i++) {
		forget((__u64)node - (__u64)&((struct bpf_local_storage_elem *)0)->snode);
		bpf_probe_read_kernel(&node, sizeof(node), &node->next);
	}
	return 0;
}

/* The number may be another process's soon. */
SEC("tp_btf/sched_process_exit")
int on_exit(void *ctx)
{
	if (trusted_tgid && bpf_get_current_task_btf()->pid == trusted_tgid)
		trusted_tgid = 0;
	return 0;
}

char _license[] SEC("license") = "GPL";
