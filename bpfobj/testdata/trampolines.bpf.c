// SPDX-License-Identifier: GPL-2.0
/* One program for each way to hang on a BPF trampoline. All count what one thread does by read(2) and open(2). */
#include "../prebuilt/bpf.h"

pid_t target_pid;
volatile __u64 fentry_calls;
volatile __u64 fexit_calls;
volatile __u64 fmod_ret_calls;
volatile __u64 lsm_calls;
volatile __u64 lsm_sleepable_calls;

static __always_inline int is_target(void)
{
	return (pid_t)bpf_get_current_pid_tgid() == target_pid;
}

SEC("fentry/vfs_read")
int on_fentry(void *ctx)
{
	if (is_target())
		fentry_calls += 1;
	return 0;
}

SEC("fexit/vfs_read")
int on_fexit(void *ctx)
{
	if (is_target())
		fexit_calls += 1;
	return 0;
}

SEC("fmod_ret/security_file_permission")
int on_fmod_ret(void *ctx)
{
	if (is_target())
		fmod_ret_calls += 1;
	return 0;
}

SEC("lsm/file_permission")
int on_lsm(void *ctx)
{
	if (is_target())
		lsm_calls += 1;
	return 0;
}

SEC("lsm.s/file_open")
int on_lsm_sleepable(void *ctx)
{
	if (is_target())
		lsm_sleepable_calls += 1;
	return 0;
}

char _license[] SEC("license") = "GPL";
