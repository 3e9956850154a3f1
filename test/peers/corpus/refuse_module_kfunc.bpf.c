// SPDX-License-Identifier: GPL-2.0
/* A function of a module (nf_conntrack), not weak. */
#include "corpus.h"

struct nf_conn;
extern void bpf_ct_release(struct nf_conn *ct) __ksym;
extern int bpf_corpus_of_a_module(int n) __ksym;

SEC("syscall")
int use(void *ctx)
{
	return bpf_corpus_of_a_module(1);
}

LICENSE("GPL");
