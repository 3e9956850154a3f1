// SPDX-License-Identifier: GPL-2.0
/* Functions that the loader has to know more of than where they are. */
#include "../prebuilt/bpf.h"

/* By itself the verifier would refuse this: p may be NULL. With its callers it sees that it is not. */
__hidden __noinline int hidden_read(int *p)
{
	return *p;
}

/* A subprogram beside the programs of a section. */
static __noinline SEC("syscall") int static_double(int n)
{
	return 2 * n;
}

SEC("syscall")
int call_hidden(void *ctx)
{
	int five = 5;

	return hidden_read(&five);
}

SEC("syscall")
int call_static(int *ctx)
{
	return static_double(*ctx);
}

char _license[] SEC("license") = "GPL";
