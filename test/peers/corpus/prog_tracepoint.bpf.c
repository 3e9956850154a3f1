// SPDX-License-Identifier: GPL-2.0
/* Tracepoints of tracefs under both prefixes. */
#include "corpus.h"

/* events/sched/sched_switch/format */
struct sched_switch_event {
	__u64 common;
	char prev_comm[16];
	int prev_pid;
	int prev_prio;
	long prev_state;
	char next_comm[16];
	int next_pid;
	int next_prio;
};

volatile int last_prio;

SEC("tracepoint/sched/sched_switch")
int on_sched_switch(struct sched_switch_event *ctx)
{
	last_prio = ctx->next_prio;
	return 0;
}

SEC("tp/raw_syscalls/sys_enter")
int on_sys_enter(void *ctx)
{
	return 0;
}

LICENSE("GPL");
