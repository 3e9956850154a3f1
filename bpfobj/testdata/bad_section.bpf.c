// SPDX-License-Identifier: GPL-2.0
/* A program in a section of no known program type. */
#include "user_kptr.h"

SEC("no_such_type/sys_enter")
int in_unknown_section(void *ctx)
{
	return 0;
}
