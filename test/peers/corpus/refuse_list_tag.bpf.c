// SPDX-License-Identifier: GPL-2.0
/* A list whose tag names a struct that the object does not have. */
#include "corpus.h"

private(list) struct bpf_spin_lock lock;
private(list) struct bpf_list_head head __contains(no_such_struct, node);

SEC("syscall")
int use(void *ctx)
{
	bpf_spin_lock(&lock);
	bpf_spin_unlock(&lock);
	return head.__opaque[0] != 0;
}

LICENSE("GPL");
