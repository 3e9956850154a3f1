// SPDX-License-Identifier: GPL-2.0
/* A replacement of another program's function, which the object does not name. */
#include "corpus.h"

SEC("freplace/subprogram")
int replacement(void *ctx)
{
	return 0;
}

LICENSE("GPL");
