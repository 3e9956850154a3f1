// SPDX-License-Identifier: GPL-2.0
/* An exception without a callback: the kernel's own unwinds. */
#include "corpus.h"

extern void bpf_throw(__u64 cookie) __ksym;

SEC("syscall")
int use(void *ctx)
{
	if (bpf_get_current_pid_tgid() == 1)
		bpf_throw(1);
	return 0;
}

LICENSE("GPL");
