// SPDX-License-Identifier: GPL-2.0
/* Maps that the kernel refuses, beside one that it takes. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u64);
} long_key SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u64);
} preallocated SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(map_flags, 1 << 20);
	__type(key, __u64);
	__type(value, __u64);
} unknown_flag SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u64);
} fine SEC(".maps");
