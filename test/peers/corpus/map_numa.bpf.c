// SPDX-License-Identifier: GPL-2.0
/* A map whose memory is of one node. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__uint(map_flags, BPF_F_NUMA_NODE);
	__uint(numa_node, 0);
	__type(key, __u64);
	__type(value, __u64);
} near SEC(".maps");
