// SPDX-License-Identifier: GPL-2.0
/* Spin locks beside what they guard, in sections of their own: a map holds at most one. */
#include "corpus.h"

private(a) struct bpf_spin_lock lock_a;
private(a) __u64 guarded_a;
private(b) struct bpf_spin_lock lock_b;
private(b) __u64 guarded_b;

SEC("syscall")
int move(void *ctx)
{
	__u64 n;

	bpf_spin_lock(&lock_a);
	n = guarded_a++;
	bpf_spin_unlock(&lock_a);
	bpf_spin_lock(&lock_b);
	guarded_b += n;
	bpf_spin_unlock(&lock_b);
	return n;
}

LICENSE("GPL");
