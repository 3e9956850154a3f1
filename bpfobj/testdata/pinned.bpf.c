// SPDX-License-Identifier: GPL-2.0
/* A map that asks to be pinned by its name, and one that says it does not. */
#include "../prebuilt/bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} kptr_test_pinned SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, 0);
} kptr_test_free SEC(".maps");

char _license[] SEC("license") = "GPL";
