// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that store to a Go runtime's marking word, or let go of its address, which none of the prebuilt ones may; and some that
 * only read it.
 */
#include "../prebuilt/bpf.h"
#include "../prebuilt/kptr_hint.h"

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct kptr_gc_value);
} kptr_gc SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct kptr_hint_value);
} kptr_hint SEC(".maps");

__u64 seen;
void *address;

static long (*const bpf_probe_read_kernel)(void *dst, __u32 size, const void *from) = (void *)113;

static __always_inline struct kptr_gc *word(void)
{
	struct kptr_gc_value *v = bpf_task_storage_get(&kptr_gc, bpf_get_current_task_btf(), NULL, 0);

	return v ? v->gc : NULL;
}

static __always_inline struct kptr_hint *hint(void)
{
	struct kptr_hint_value *v = bpf_task_storage_get(&kptr_hint, bpf_get_current_task_btf(), NULL, 0);

	return v ? v->hint : NULL;
}

static __noinline int set(struct kptr_gc *gc)
{
	gc->marking = 1;
	return 0;
}

static __noinline struct kptr_gc *get(void)
{
	return word();
}

SEC("?syscall")
int read_only(void *ctx)
{
	struct kptr_gc *gc = word();
	struct kptr_hint *h = hint();

	if (gc && h)
		h->yield = gc->marking;
	return 0;
}

SEC("?syscall")
int read_spilled(void *ctx)
{
	struct kptr_gc *volatile gc = word();
	volatile __u32 other = 1;

	other += 1;
	if (gc)
		seen += gc->marking + other;
	return 0;
}

SEC("?syscall")
int store_plain(void *ctx)
{
	struct kptr_gc *gc = word();

	if (gc)
		gc->marking = 0;
	return 0;
}

SEC("?syscall")
int store_atomic(void *ctx)
{
	struct kptr_gc *gc = word();

	if (gc)
		__sync_fetch_and_add(&gc->marking, 1);
	return 0;
}

SEC("?syscall")
int store_spilled(void *ctx)
{
	struct kptr_gc *volatile gc = word();

	if (gc)
		gc->marking = 1;
	return 0;
}

/* The store is one instruction for either pointer. */
SEC("?syscall")
int store_either(void *ctx)
{
	struct kptr_gc *gc = word();
	struct kptr_hint *h = hint();
	__u32 *p;

	if (!gc || !h)
		return 0;
	p = seen ? &gc->marking : &h->yield;
	__asm__ volatile("" : "+r"(p));
	*p = 1;
	return 0;
}

SEC("?syscall")
int store_computed(void *ctx)
{
	struct kptr_gc *gc = word();

	if (gc)
		((char *)gc)[seen & 3] = 1;
	return 0;
}

SEC("?syscall")
int store_by_helper(void *ctx)
{
	struct kptr_gc *gc = word();

	if (gc)
		bpf_probe_read_kernel(gc, sizeof(*gc), &seen);
	return 0;
}

SEC("?syscall")
int store_by_function(void *ctx)
{
	struct kptr_gc *gc = word();

	return gc ? set(gc) : 0;
}

SEC("?syscall")
int store_from_function(void *ctx)
{
	struct kptr_gc *gc = get();

	if (gc)
		gc->marking = 1;
	return 0;
}

SEC("?syscall")
int store_address(void *ctx)
{
	address = word();
	return 0;
}

char _license[] SEC("license") = "GPL";
