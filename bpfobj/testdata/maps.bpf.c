// SPDX-License-Identifier: GPL-2.0
/* Each map type once, in the spellings that clang turns into different BTF. */
#include "../prebuilt/bpf.h"

struct pair {
	__u32 left;
	__u64 right;
};

typedef __u64 counter;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, counter);
} an_array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct pair);
	__type(value, struct pair);
} a_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} percpu_array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 8);
	__type(key, __u64);
	__type(value, __u64);
} percpu_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32);
	__type(key, int);
	__type(value, char[24]);
} lru_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct pair);
} task_storage SEC(".maps");

/* The kernel wants a power of two that is a multiple of the page size. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} ring SEC(".maps");

/* Sizes instead of types: no BTF ids go to the kernel. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__uint(key_size, 12);
	__uint(value_size, 40);
} sized_hash SEC(".maps");

/* Type and size of the same thing have to agree. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, int);
	__uint(key_size, 4);
	__type(value, struct pair);
	__uint(value_size, 16);
} both_forms SEC(".maps");

/* Returns the sum of what it put into an_array, a_hash and percpu_array: 7 + 20 + 1. */
SEC("syscall")
int use_maps(void *ctx)
{
	struct pair key = { .left = 1, .right = 2 };
	struct pair value = { .left = 10, .right = 20 };
	__u32 first = 0;
	counter seven = 7, *element;
	__u64 *percpu;
	struct pair *found;
	int sum = 0;

	bpf_map_update_elem(&an_array, &first, &seven, BPF_ANY);
	bpf_map_update_elem(&a_hash, &key, &value, BPF_ANY);
	element = bpf_map_lookup_elem(&an_array, &first);
	if (element)
		sum += *element;
	found = bpf_map_lookup_elem(&a_hash, &key);
	if (found)
		sum += found->right;
	percpu = bpf_map_lookup_elem(&percpu_array, &first);
	if (percpu)
		sum += *percpu = 1;
	bpf_ringbuf_output(&ring, &value, sizeof(value), 0);
	return sum;
}

char _license[] SEC("license") = "GPL";
