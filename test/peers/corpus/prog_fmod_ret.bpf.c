// SPDX-License-Identifier: GPL-2.0
/* Programs that change what a function returns. */
#include "corpus.h"

SEC("fmod_ret/bpf_modify_return_test")
int change_result(args_t *ctx)
{
	return ctx[0] == 1;
}

SEC("fmod_ret.s/__x64_sys_getpgid")
int change_getpgid(args_t *ctx)
{
	return 0;
}

LICENSE("GPL");
