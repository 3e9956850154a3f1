/* SPDX-License-Identifier: GPL-2.0 */
/* The parts that the objects about value types share. */
#include "../prebuilt/bpf.h"
#include "../prebuilt/kptr_user.h"

struct user_data {
	int a;
	int b;
	int result;
};

#define TASK_STORAGE(name, value_type)				\
	struct {						\
		__uint(type, BPF_MAP_TYPE_TASK_STORAGE);	\
		__uint(map_flags, BPF_F_NO_PREALLOC);		\
		__type(key, int);				\
		__type(value, value_type);			\
	} name SEC(".maps")

char _license[] SEC("license") = "GPL";
