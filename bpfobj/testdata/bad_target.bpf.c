// SPDX-License-Identifier: GPL-2.0
/* A tp_btf program for a tracepoint that no kernel has. */
#include "user_kptr.h"

SEC("tp_btf/kptr_no_such_tracepoint")
int on_missing_tracepoint(void *ctx)
{
	return 0;
}
