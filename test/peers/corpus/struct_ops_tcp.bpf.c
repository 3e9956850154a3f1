// SPDX-License-Identifier: GPL-2.0
/* A TCP congestion control: ops, a name and flags, members by name. */
#include "corpus.h"

struct sock;

struct tcp_congestion_ops {
	__u32 flags;
	char name[16];
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*undo_cwnd)(struct sock *sk);
};

SEC("struct_ops/ssthresh")
__u32 fixed_ssthresh(args_t *ctx)
{
	return 10;
}

SEC("struct_ops/cong_avoid")
void no_cong_avoid(args_t *ctx)
{
}

SEC("struct_ops/undo_cwnd")
__u32 fixed_undo_cwnd(args_t *ctx)
{
	return 10;
}

struct tcp_congestion_ops corpus_cc SEC(".struct_ops.link") = {
	.flags = 0,
	.name = "corpus_cc",
	.ssthresh = (void *)fixed_ssthresh,
	.cong_avoid = (void *)no_cong_avoid,
	.undo_cwnd = (void *)fixed_undo_cwnd,
};

LICENSE("GPL");
