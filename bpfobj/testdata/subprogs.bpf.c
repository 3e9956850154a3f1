// SPDX-License-Identifier: GPL-2.0
/*
 * Static and global subprograms, nested and shared, and callbacks: clang
 * relocates each kind of reference in a way of its own.
 */
#include "../prebuilt/bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

pid_t target_pid;
volatile int seed = 3;
volatile int tp_btf_result;
volatile int raw_tp_result;
volatile int tracepoint_result;
volatile int leaf_calls;

/* n + seed */
static __noinline int leaf(int n)
{
	leaf_calls += 1;
	return n + seed;
}

/* leaf(n) * 2 + leaf(n + 1) = 3n + 3 * seed + 1 */
static __noinline int middle(int n)
{
	return leaf(n) * 2 + leaf(n + 1);
}

/* A global one is verified on its own: a + b + middle(b). */
__noinline int global_add(int a, int b)
{
	return a + b + middle(b);
}

/* Weak and hidden are other bindings of the same thing. */
__weak __noinline int weak_double(int n)
{
	return n * 2 + seed;
}

__hidden __noinline int hidden_triple(int n)
{
	return n * 3 + seed;
}

static int add_index(__u32 index, int *total)
{
	*total += leaf(index);
	return 0;
}

static long add_value(void *map, __u32 *key, __u64 *value, int *total)
{
	*total += *value + 1;
	return 0;
}

static __always_inline int is_target(void)
{
	return (pid_t)bpf_get_current_pid_tgid() == target_pid;
}

SEC("tp_btf/sys_enter")
int call_from_tp_btf(void *ctx)
{
	if (is_target())
		tp_btf_result = global_add(1, middle(2));
	return 0;
}

SEC("raw_tp/sys_enter")
int call_from_raw_tp(void *ctx)
{
	if (is_target())
		raw_tp_result = middle(seed);
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_enter")
int call_from_tracepoint(void *ctx)
{
	if (is_target())
		tracepoint_result = leaf(4);
	return 0;
}

/* Three programs in one section. */
SEC("syscall")
int call_nested(void *ctx)
{
	return global_add(10, 20) + weak_double(1) + hidden_triple(1);
}

/* leaf(0) + ... + leaf(4) = 10 + 5 * seed */
SEC("syscall")
int call_loop(void *ctx)
{
	int total = 0;

	bpf_loop(5, add_index, &total, 0);
	return total;
}

/* One for each of the four elements, plus their values. */
SEC("syscall")
int call_for_each(void *ctx)
{
	int total = 0;

	bpf_for_each_map_elem(&numbers, add_value, &total, 0);
	return total;
}

char _license[] SEC("license") = "GPL";
