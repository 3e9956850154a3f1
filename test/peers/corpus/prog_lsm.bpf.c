// SPDX-License-Identifier: GPL-2.0
/* Security hooks, sleepable and not. */
#include "corpus.h"

volatile __u64 opened;

SEC("lsm/task_alloc")
int on_task_alloc(args_t *ctx)
{
	opened += 1;
	return 0;
}

SEC("lsm.s/file_open")
int on_file_open(args_t *ctx)
{
	opened += 1;
	return 0;
}

LICENSE("GPL");
