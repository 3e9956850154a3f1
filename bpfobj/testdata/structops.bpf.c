// SPDX-License-Identifier: GPL-2.0
/*
 * A TCP congestion control that does next to nothing. Its struct has the members in another order than the kernel's, and two that no
 * kernel has.
 */
#include "../prebuilt/bpf.h"

struct sock;

struct tcp_congestion_ops___mine {
	char name[16];
	__u32 (*undo_cwnd)(struct sock *sk);
	void (*no_such_op)(struct sock *sk);
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u64 no_such_number;
	__u32 flags;
};

volatile int acked;

SEC("struct_ops/ssthresh")
__u32 kptr_ssthresh(__u64 *ctx)
{
	return 2;
}

SEC("struct_ops/undo_cwnd")
__u32 kptr_undo_cwnd(__u64 *ctx)
{
	return 2;
}

SEC("struct_ops/cong_avoid")
void kptr_cong_avoid(__u64 *ctx)
{
	acked++;
}

SEC("struct_ops/no_such_op")
void kptr_no_such_op(__u64 *ctx)
{
}

SEC(".struct_ops.link")
struct tcp_congestion_ops___mine congestion = {
	.name = "kptr_test",
	.ssthresh = (void *)kptr_ssthresh,
	.undo_cwnd = (void *)kptr_undo_cwnd,
	.cong_avoid = (void *)kptr_cong_avoid,
	.no_such_op = (void *)kptr_no_such_op,
};

SEC("?.struct_ops.link")
struct tcp_congestion_ops___mine unwanted = {
	.name = "kptr_unwanted",
	.ssthresh = (void *)kptr_ssthresh,
	.undo_cwnd = (void *)kptr_undo_cwnd,
	.cong_avoid = (void *)kptr_cong_avoid,
};

char _license[] SEC("license") = "GPL";
