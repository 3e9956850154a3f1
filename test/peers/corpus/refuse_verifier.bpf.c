// SPDX-License-Identifier: GPL-2.0
/* What the verifier refuses, of several sorts, beside a program that it takes. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, __u64);
} map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

const volatile int frozen = 1;
volatile int row;
int table[4];

SEC("raw_tp/sys_enter")
int no_null_check(args_t *ctx)
{
	int key = 0;
	__u64 *value = bpf_map_lookup_elem(&map, &key);

	return *value;
}

SEC("raw_tp/sys_enter")
int out_of_bounds(args_t *ctx)
{
	return table[row];
}

SEC("raw_tp/sys_enter")
int write_to_constant(args_t *ctx)
{
	*(volatile int *)&frozen = 2;
	return 0;
}

SEC("raw_tp/sys_enter")
int leaked_reference(args_t *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&ring, 8, 0);

	if (record)
		*record = 1;
	return 0;
}

SEC("raw_tp/sys_enter")
int endless(args_t *ctx)
{
	while (row)
		row += 1;
	return 0;
}

SEC("tp_btf/sys_enter")
int argument_out_of_range(args_t *ctx)
{
	return ctx[7];
}

SEC("raw_tp/sys_enter")
int pointer_as_number(args_t *ctx)
{
	return *(volatile int *)(__u64)row;
}

SEC("raw_tp/sys_enter")
int sleeps_in_atomic(args_t *ctx)
{
	char byte;

	return bpf_copy_from_user(&byte, 1, (void *)8);
}

SEC("raw_tp/sys_enter")
int fine(args_t *ctx)
{
	return 0;
}

LICENSE("GPL");
