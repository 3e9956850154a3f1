// SPDX-License-Identifier: GPL-2.0
/* Callbacks of a timer and of a work queue. */
#include "corpus.h"

extern int bpf_wq_init(struct bpf_wq *wq, void *map, unsigned int flags) __ksym;
extern int bpf_wq_start(struct bpf_wq *wq, unsigned int flags) __ksym;
extern int bpf_wq_set_callback_impl(struct bpf_wq *wq, int (*callback)(void *map, int *key, void *value),
				    unsigned int flags, void *aux) __ksym;

struct element {
	struct bpf_timer timer;
	struct bpf_wq work;
	__u64 fired;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct element);
} timers SEC(".maps");

static int on_timer(void *map, int *key, struct element *element)
{
	element->fired += 1;
	return 0;
}

static int on_work(void *map, int *key, void *value)
{
	struct element *element = value;

	element->fired += 2;
	return 0;
}

SEC("syscall")
int start_timer(void *ctx)
{
	int first = 0;
	struct element *element = bpf_map_lookup_elem(&timers, &first);

	if (!element)
		return 1;
	bpf_timer_init(&element->timer, &timers, 1);
	bpf_timer_set_callback(&element->timer, on_timer);
	return bpf_timer_start(&element->timer, 1000000, 0);
}

SEC("syscall")
int start_work(void *ctx)
{
	int first = 0;
	struct element *element = bpf_map_lookup_elem(&timers, &first);

	if (!element)
		return 1;
	bpf_wq_init(&element->work, &timers, 0);
	bpf_wq_set_callback_impl(&element->work, on_work, 0, NULL);
	return bpf_wq_start(&element->work, 0);
}

LICENSE("GPL");
