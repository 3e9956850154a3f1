// SPDX-License-Identifier: GPL-2.0
/* Constants that are filled in from the kernel's enums before load. */
#include "../prebuilt/bpf.h"

const volatile __u64 __BPF_MAP_TYPE_TASK_STORAGE __weak;
const volatile __u32 __BPF_MAP_TYPE_NO_SUCH __weak = 7;
const volatile int __BPF_F_CURRENT_NETNS __weak;
const volatile __u64 __BPF_F_INDEX_MASK __weak;
const volatile __u32 other = 5;

volatile __u64 task_storage;
volatile __u32 no_such = 1;
volatile int netns;
volatile __u64 index_mask;

SEC("syscall")
int copy_constants(void *ctx)
{
	task_storage = __BPF_MAP_TYPE_TASK_STORAGE;
	no_such = __BPF_MAP_TYPE_NO_SUCH;
	netns = __BPF_F_CURRENT_NETNS;
	index_mask = __BPF_F_INDEX_MASK;
	return other;
}

char _license[] SEC("license") = "GPL";
