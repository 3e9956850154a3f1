// SPDX-License-Identifier: GPL-2.0
/* Arrays: mappable, read-only and write-only to programs. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, char[100]);
} plain SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 512);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} mapped SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__type(key, __u32);
	__type(value, __u64);
} config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__uint(map_flags, BPF_F_WRONLY_PROG);
	__type(key, __u32);
	__type(value, __u64);
} sink SEC(".maps");

SEC("syscall")
int copy(void *ctx)
{
	__u32 first = 0;
	__u64 *from = bpf_map_lookup_elem(&config, &first);

	if (from)
		bpf_map_update_elem(&sink, &first, from, BPF_ANY);
	from = bpf_map_lookup_elem(&mapped, &first);
	if (from)
		*from += 1;
	return bpf_map_lookup_elem(&plain, &first) != NULL;
}

LICENSE("GPL");
