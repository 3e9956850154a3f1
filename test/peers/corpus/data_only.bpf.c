// SPDX-License-Identifier: GPL-2.0
/* Variables, and no program. */
#include "corpus.h"

int written = 3;
const int constant = 4;
__u64 zero[3];
