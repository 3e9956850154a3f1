// SPDX-License-Identifier: GPL-2.0
/* Types: whether they are, their size, their ids here and there, and whether they match. */
#include "core.h"

struct list_head {
	struct list_head *next;
	struct list_head *prev;
} __core;

struct not_in_any_kernel {
	int number;
} __core;

union not_a_struct {
	int number;
} __core;

typedef int corpus_int;

volatile __u64 results[10];

SEC("syscall")
int ask(void *ctx)
{
	results[0] = TYPE_EXISTS(struct list_head);
	results[1] = TYPE_EXISTS(struct not_in_any_kernel);
	results[2] = TYPE_SIZE(struct list_head);
	results[3] = TYPE_MATCHES(struct list_head);
	results[4] = TYPE_MATCHES(union not_a_struct);
	results[5] = TYPE_ID_TARGET(struct list_head);
	results[6] = TYPE_EXISTS(corpus_int);
	return 0;
}

LICENSE("GPL");
