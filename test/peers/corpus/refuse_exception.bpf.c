// SPDX-License-Identifier: GPL-2.0
/* A callback for a thrown exception. */
#include "corpus.h"

extern void bpf_throw(__u64 cookie) __ksym;

__noinline int on_throw(__u64 cookie)
{
	return 0;
}

SEC("syscall") __decl_tag("exception_callback:on_throw")
int use(void *ctx)
{
	if (bpf_get_current_pid_tgid() == 1)
		bpf_throw(1);
	return 0;
}

LICENSE("GPL");
