// SPDX-License-Identifier: GPL-2.0
/* The sleepable forms: only of functions that may sleep (check_attach_btf_id, kernel/bpf/verifier.c). */
#include "corpus.h"

char text[8];

SEC("fentry.s/__x64_sys_getpgid")
int before_getpgid(args_t *ctx)
{
	bpf_copy_from_user(text, sizeof(text), (void *)8);
	return 0;
}

SEC("fexit.s/__x64_sys_getpgid")
int after_getpgid(args_t *ctx)
{
	return 0;
}

LICENSE("GPL");
