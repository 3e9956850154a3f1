// SPDX-License-Identifier: GPL-2.0
/* Task storage with sizes in place of types: EINVAL, the kernel asks for both BTF ids. */
#include "user_kptr.h"

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, 4);
	__uint(value_size, 8);
} datamap SEC(".maps");
