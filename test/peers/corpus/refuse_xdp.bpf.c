// SPDX-License-Identifier: GPL-2.0
/* Programs for packets. */
#include "corpus.h"

SEC("xdp")
int pass(void *ctx)
{
	return 2;
}

SEC("tc")
int also_pass(void *ctx)
{
	return 0;
}

LICENSE("GPL");
