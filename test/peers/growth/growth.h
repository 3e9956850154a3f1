/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* So many programs and maps, each program with a map of its own and a CO-RE relocation. */
#include "../corpus/corpus.h"

#define ONE(n)								\
	struct {							\
		__uint(type, BPF_MAP_TYPE_ARRAY);			\
		__uint(max_entries, 1);					\
		__type(key, int);					\
		__type(value, __u64);					\
	} map_##n SEC(".maps");						\
									\
	SEC("tp_btf/sys_enter")						\
	int program_##n(args_t *ctx)					\
	{								\
		int first = 0;						\
		__u64 *value = bpf_map_lookup_elem(&map_##n, &first);	\
									\
		if (value)						\
			*value += bpf_get_current_task_btf()->pid;	\
		return 0;						\
	}

#define TEN(n)                                                                                        \
	ONE(n##0) ONE(n##1) ONE(n##2) ONE(n##3) ONE(n##4) ONE(n##5) ONE(n##6) ONE(n##7) ONE(n##8) ONE(n##9)

LICENSE("GPL");
