// SPDX-License-Identifier: GPL-2.0
/* A pointee that the object only declares: the kernel takes the map, without user kptrs. */
#include "uptr.h"

struct hint;

struct value {
	struct hint __uptr *hint;
};

TASK_STORAGE(values, struct value);
