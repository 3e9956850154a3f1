// SPDX-License-Identifier: GPL-2.0
/* A pointee of a page, and a value of several. */
#include "uptr.h"

struct user_page {
	__u64 words[512];
};

struct value {
	char plain[30000];
	struct user_page __uptr *page;
	struct user_data __uptr *data;
};

POINTEE(struct user_page);
POINTEE(struct user_data);
TASK_STORAGE(values, struct value);

SEC("tp_btf/sys_enter")
int on_sys_enter(args_t *ctx)
{
	struct value *value = bpf_task_storage_get(&values, bpf_get_current_task_btf(), NULL, 0);
	struct user_page *page;

	if (!value)
		return 0;
	value->plain[29999] += 1;
	page = value->page;
	if (page)
		page->words[ctx[1] & 511] += 1;
	return 0;
}

LICENSE("GPL");
