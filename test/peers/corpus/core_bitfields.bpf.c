// SPDX-License-Identifier: GPL-2.0
/* Bit fields, by the two shifts that bring them out. */
#include "core.h"

struct task_struct___bits {
	unsigned sched_reset_on_fork : 1;
	unsigned no_cgroup_migration : 1;
} __core;

#define BITS(p, field)									\
	({										\
		__u64 word = 0;								\
		switch (FIELD_SIZE(p->field)) {						\
		case 1: word = *(__u8 *)((void *)p + FIELD_OFFSET(p->field)); break;	\
		case 2: word = *(__u16 *)((void *)p + FIELD_OFFSET(p->field)); break;	\
		case 4: word = *(__u32 *)((void *)p + FIELD_OFFSET(p->field)); break;	\
		case 8: word = *(__u64 *)((void *)p + FIELD_OFFSET(p->field)); break;	\
		}									\
		word << FIELD_LSHIFT(p->field) >> FIELD_RSHIFT(p->field);		\
	})

volatile __u64 results[2];

SEC("syscall")
int read_bits(void *ctx)
{
	struct task_struct___bits *task = (void *)bpf_get_current_task_btf();

	results[0] = BITS(task, sched_reset_on_fork);
	results[1] = BITS(task, no_cgroup_migration);
	return 0;
}

LICENSE("GPL");
