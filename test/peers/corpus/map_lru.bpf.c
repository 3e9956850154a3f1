// SPDX-License-Identifier: GPL-2.0
/* Maps that forget, with a common list and one for each CPU. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 100);
	__type(key, int);
	__type(value, long);
} common SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 128);
	__uint(map_flags, BPF_F_NO_COMMON_LRU);
	__type(key, int);
	__type(value, long);
} by_cpu SEC(".maps");

SEC("tp_btf/sys_enter")
int remember(args_t *ctx)
{
	long id = ctx[1];
	int pid = bpf_get_current_pid_tgid();

	bpf_map_update_elem(&common, &pid, &id, BPF_ANY);
	bpf_map_update_elem(&by_cpu, &pid, &id, BPF_ANY);
	return 0;
}

LICENSE("GPL");
