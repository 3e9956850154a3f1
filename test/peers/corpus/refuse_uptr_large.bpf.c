// SPDX-License-Identifier: GPL-2.0
/* A pointee larger than a page. */
#include "uptr.h"

struct large {
	char bytes[4097];
};

struct value {
	struct large __uptr *data;
};

POINTEE(struct large);
TASK_STORAGE(values, struct value);
