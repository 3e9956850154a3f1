// SPDX-License-Identifier: GPL-2.0
/* The ids of the object's own types, which differ with the BTF that the loader hands over. */
#include "core.h"

struct mine {
	int number;
};

volatile __u64 id;

SEC("syscall")
int ask(struct mine *ctx)
{
	id = TYPE_ID_LOCAL(struct mine);
	return 0;
}

LICENSE("GPL");
