// SPDX-License-Identifier: GPL-2.0
/* String literals, which clang puts in .rodata.str1.1, and formats on the stack and in .rodata. */
#include "corpus.h"

static const char format[] = "pid %d";
char text[32];

SEC("syscall")
int compare(void *ctx)
{
	char comm[16] = "";

	bpf_get_current_comm(comm, sizeof(comm));
	return bpf_strncmp(comm, sizeof(comm), "a literal of .rodata.str");
}

SEC("syscall")
int print(void *ctx)
{
	__u64 args[1] = { bpf_get_current_pid_tgid() };

	bpf_trace_printk("another literal", 16);
	return bpf_snprintf(text, sizeof(text), format, args, sizeof(args));
}

LICENSE("GPL");
