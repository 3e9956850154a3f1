/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What the objects with user kptrs share. */
#include "corpus.h"

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

/* clang describes a struct that is reached through a tagged pointer alone by its name only. */
#define POINTEE(type) static type *__bpf_concat(pointee_, __LINE__) __attribute__((used))
