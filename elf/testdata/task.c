// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// The usual shape of an object: a map declared with BTF, a variable in .bss,
// one program that refers to both, a licence.

#define SEC(name) __attribute__((section(name), used))
#define __uptr __attribute__((btf_type_tag("uptr")))

struct user_data {
	int a;
	int b;
	int result;
};

struct value_type {
	struct user_data __uptr *udata;
};

struct user_data named; // or clang leaves only a forward declaration in BTF

struct {
	int (*type)[29];
	int (*map_flags)[1];
	int *key;
	struct value_type *value;
} datamap SEC(".maps");

int target_pid;
const volatile int scale = 1;
int calls = 7;

static void *(*task_storage_get)(void *map, void *task, void *value, long flags) = (void *)156;
static void *(*get_current_task_btf)(void) = (void *)158;

SEC("tp_btf/sys_enter")
int on_enter(void *ctx)
{
	struct value_type *v;

	(void)ctx;
	if (!target_pid)
		return 0;
	calls++;
	v = task_storage_get(&datamap, get_current_task_btf(), 0, 1);
	if (v && v->udata)
		v->udata->result = (v->udata->a + v->udata->b) * scale;
	return 0;
}

char licence[] SEC("license") = "GPL";
