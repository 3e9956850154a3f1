// SPDX-License-Identifier: GPL-2.0
/* Programs that keep using shared blocks, for tests of who gets which block when. */
#include "user_kptr.h"

struct block {
	__u64 owner; /* tid, from user space */
	__u64 events;
	__u64 scratch;
};

struct slot {
	struct block __kptr_user *block;
	__u64 plain;
};

KPTR_USER_POINTEE(struct block);
TASK_STORAGE(slots, struct slot);

pid_t target_tgid;
volatile int stop;
volatile __u64 events;
volatile __u64 foreign; /* blocks met that are another thread's */
__u64 call_nr; /* the system call that count_calls counts */
volatile __u64 calls;
pid_t hold_tid;
__u64 hold_nr;		 /* the system call to hold the thread in */
__u64 hold_call;	 /* which one of those it makes */
volatile __u64 hold_seen; /* how many it has made */

/* Each thread of the process counts its system calls in its block. */
SEC("tp_btf/sys_enter")
int count_syscall(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct block *block;
	struct slot *slot;

	if (task->tgid != target_tgid)
		return 0;
	slot = bpf_task_storage_get(&slots, task, NULL, 0);
	if (!slot)
		return 0;
	block = slot->block;
	if (!block)
		return 0;
	__sync_fetch_and_add(&events, 1);
	if (block->owner && block->owner != (__u64)task->pid)
		__sync_fetch_and_add(&foreign, 1);
	block->events += 1;
	return 0;
}

static int write_once(__u32 index, struct block **block)
{
	(*block)->scratch += 1;
	return stop != 0;
}

static int write_often(__u32 index, struct block **block)
{
	bpf_loop(1 << 20, write_once, block, 0);
	return stop != 0;
}

/* Stays in the calling thread's block, whatever becomes of its element, until told to stop. */
SEC("?syscall")
int write_on(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct block *block;
	struct slot *slot;

	slot = bpf_task_storage_get(&slots, task, NULL, 0);
	if (!slot)
		return 1;
	block = slot->block;
	if (!block)
		return 2;
	bpf_loop(1 << 12, write_often, &block, 0);
	return 0;
}

static int meet(__u32 index, struct block **block)
{
	__u64 tid = (__u32)bpf_get_current_pid_tgid(), owner = *(volatile __u64 *)&(*block)->owner;

	if (owner && owner != tid) {
		__sync_fetch_and_add(&foreign, 1);
		return 1;
	}
	(*block)->scratch = tid;
	return 0;
}

/* Stays in the calling thread's block for a millisecond or so: it must remain the thread's own. */
SEC("?syscall")
int linger(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct block *block;
	struct slot *slot;

	slot = bpf_task_storage_get(&slots, task, NULL, 0);
	if (!slot)
		return 1;
	block = slot->block;
	if (!block)
		return 2;
	bpf_loop(1 << 16, meet, &block, 0);
	return 0;
}

static int wait_once(__u32 index, void *ctx)
{
	return stop != 0;
}

static int wait_long(__u32 index, void *ctx)
{
	bpf_loop(1 << 20, wait_once, NULL, 0);
	return stop != 0;
}

/* Holds a thread at the entry of a system call until told to stop. */
SEC("?tp_btf/sys_enter")
int hold(__u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (task->pid == hold_tid && ctx[1] == hold_nr && __sync_fetch_and_add(&hold_seen, 1) + 1 == hold_call)
		bpf_loop(1 << 12, wait_long, NULL, 0);
	return 0;
}

/* Counts one system call of all threads of the process. */
SEC("?tp_btf/sys_enter")
int count_calls(__u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (task->tgid == target_tgid && ctx[1] == call_nr)
		__sync_fetch_and_add(&calls, 1);
	return 0;
}
