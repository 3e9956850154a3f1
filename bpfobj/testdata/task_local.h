/* SPDX-License-Identifier: GPL-2.0 */
/* The prebuilt example's program, for other spellings of its value type. */
pid_t target_pid;

SEC("tp_btf/sys_enter")
int on_sys_enter(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct value_type *value;
	struct user_data *udata;

	if (task->pid != target_pid)
		return 0;
	value = bpf_task_storage_get(&datamap, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!value)
		return 0;
	udata = (struct user_data *)value->udata;
	if (udata)
		udata->result = udata->a + udata->b;
	return 0;
}
