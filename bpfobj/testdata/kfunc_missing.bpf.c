// SPDX-License-Identifier: GPL-2.0
/* A function that no kernel has, and not weak: refused by name. */
#include "../prebuilt/bpf.h"

extern int bpf_kptr_no_such_kfunc(int number) __ksym;

SEC("syscall")
int call_missing(void *ctx)
{
	return bpf_kptr_no_such_kfunc(1);
}

char _license[] SEC("license") = "GPL";
