// SPDX-License-Identifier: GPL-2.0
/* A kptr whose struct is only declared: the kernel creates the map without the timer beside it, and says nothing. */
#include "../prebuilt/bpf.h"

struct bpf_timer {
	__u64 opaque[2];
} __attribute__((aligned(8)));

struct cgroup;

struct value {
	struct cgroup __kptr *cgroup;
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct value);
} timers SEC(".maps");

static long (*const bpf_timer_init)(struct bpf_timer *timer, void *map, __u64 flags) = (void *)169;

SEC("syscall")
int start(void *ctx)
{
	int key = 0;
	struct value *v = bpf_map_lookup_elem(&timers, &key);

	return v ? bpf_timer_init(&v->timer, &timers, 1) : 0;
}

char _license[] SEC("license") = "GPL";
