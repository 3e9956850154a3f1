// SPDX-License-Identifier: GPL-2.0
/* An extern that only a loader which reads the kernel's configuration can fill. */
#include "../prebuilt/bpf.h"

extern int LINUX_KERNEL_VERSION __attribute__((section(".kconfig")));

SEC("syscall")
int read_kconfig(void *ctx)
{
	return LINUX_KERNEL_VERSION;
}

char _license[] SEC("license") = "GPL";
