// SPDX-License-Identifier: GPL-2.0
/* Hash maps: keys and values of several types, elements allocated at once and on demand. */
#include "corpus.h"

struct key {
	__u32 pid;
	__u16 port;
	__u8 flags[2];
};

struct value {
	__u64 count;
	char name[24];
	union {
		__u32 number;
		__u8 bytes[4];
	};
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1000);
	__type(key, struct key);
	__type(value, struct value);
} by_key SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u8);
	__type(value, __u8);
} on_demand SEC(".maps");

SEC("tp_btf/sys_enter")
int count(args_t *ctx)
{
	struct key key = { .pid = bpf_get_current_pid_tgid() };
	struct value fresh = { .count = 1 }, *value;
	__u8 zero = 0;

	value = bpf_map_lookup_elem(&by_key, &key);
	if (value)
		__sync_fetch_and_add(&value->count, 1);
	else
		bpf_map_update_elem(&by_key, &key, &fresh, BPF_ANY);
	bpf_map_delete_elem(&on_demand, &zero);
	return 0;
}

LICENSE("GPL");
