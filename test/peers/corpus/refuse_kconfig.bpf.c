// SPDX-License-Identifier: GPL-2.0
/* A setting of the kernel's build. */
#include "corpus.h"

extern unsigned CONFIG_HZ __attribute__((section(".kconfig")));

SEC("raw_tp/sys_enter")
int use(args_t *ctx)
{
	return CONFIG_HZ;
}

LICENSE("GPL");
