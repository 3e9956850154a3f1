// SPDX-License-Identifier: GPL-2.0
/* Targets that the kernel does not have, beside one that it has. */
#include "corpus.h"

SEC("tp_btf/corpus_no_such_tracepoint")
int no_tracepoint(args_t *ctx)
{
	return 0;
}

SEC("fentry/corpus_no_such_function")
int no_function(args_t *ctx)
{
	return 0;
}

SEC("iter/corpus_no_such_iterator")
int no_iterator(void *ctx)
{
	return 0;
}

SEC("tp_btf/sys_enter")
int fine(args_t *ctx)
{
	return 0;
}

LICENSE("GPL");
