// SPDX-License-Identifier: GPL-2.0
/*
 * One result for each kind of CO-RE relocation (enum bpf_core_relo_kind). The
 * local types differ from the kernel's on purpose: a value that was not
 * relocated is wrong.
 */
#include "../prebuilt/bpf.h"

/* enum bpf_field_info_kind, bpf_type_info_kind, ... as clang's builtins count them */
#define FIELD_OFFSET(field) __builtin_preserve_field_info(field, 0)
#define FIELD_SIZE(field) __builtin_preserve_field_info(field, 1)
#define FIELD_EXISTS(field) __builtin_preserve_field_info(field, 2)
#define FIELD_SIGNED(field) __builtin_preserve_field_info(field, 3)
#define FIELD_LSHIFT(field) __builtin_preserve_field_info(field, 4)
#define FIELD_RSHIFT(field) __builtin_preserve_field_info(field, 5)
#define TYPE_EXISTS(type) __builtin_preserve_type_info(*(type *)0, 0)
#define TYPE_SIZE(type) __builtin_preserve_type_info(*(type *)0, 1)
#define TYPE_MATCHES(type) __builtin_preserve_type_info(*(type *)0, 2)
#define TYPE_ID_LOCAL(type) __builtin_btf_type_id(*(type *)0, 0)
#define TYPE_ID_TARGET(type) __builtin_btf_type_id(*(type *)0, 1)
#define ENUM_EXISTS(type, value) __builtin_preserve_enum_value(*(type *)value, 0)
#define ENUM_VALUE(type, value) __builtin_preserve_enum_value(*(type *)value, 1)

/* What follows ___ is no part of the name that is looked for. */
struct task_struct___part {
	char comm[1];
	pid_t tgid;
	pid_t pid;
	struct task_struct___part *group_leader;
	unsigned sched_reset_on_fork : 1;
	int no_such_field;
} __core;

struct no_such_struct {
	int field;
} __core;

/* As in include/linux/types.h. */
struct list_head {
	struct list_head *next;
	struct list_head *prev;
} __core;

enum bpf_map_type___part {
	BPF_MAP_TYPE_TASK_STORAGE___part = 999,
	NO_SUCH_MAP_TYPE = 998,
};

volatile __u64 pid_offset;
volatile __u64 comm_size;
volatile __u64 pid_signed;
volatile __u64 pid_exists;
volatile __u64 missing_field_exists;
volatile __u64 bitfield_offset;
volatile __u64 bitfield_size;
volatile __u64 bitfield_lshift;
volatile __u64 bitfield_rshift;
volatile __u64 bitfield_signed;
volatile __u64 struct_exists;
volatile __u64 missing_struct_exists;
volatile __u64 struct_size;
volatile __u64 struct_matches;
volatile __u64 missing_struct_matches;
volatile __u64 local_type_id;
volatile __u64 target_type_id;
volatile __u64 enum_exists;
volatile __u64 missing_enum_exists;
volatile __u64 enum_value;
volatile __u64 read_pid;
volatile __u64 read_leader_pid;
volatile __u64 read_missing_field = 1;

SEC("syscall")
int relocate(void *ctx)
{
	struct task_struct___part *task = (void *)bpf_get_current_task_btf();

	pid_offset = FIELD_OFFSET(task->pid);
	comm_size = FIELD_SIZE(task->comm);
	pid_signed = FIELD_SIGNED(task->pid);
	pid_exists = FIELD_EXISTS(task->pid);
	missing_field_exists = FIELD_EXISTS(task->no_such_field);
	bitfield_offset = FIELD_OFFSET(task->sched_reset_on_fork);
	bitfield_size = FIELD_SIZE(task->sched_reset_on_fork);
	bitfield_lshift = FIELD_LSHIFT(task->sched_reset_on_fork);
	bitfield_rshift = FIELD_RSHIFT(task->sched_reset_on_fork);
	bitfield_signed = FIELD_SIGNED(task->sched_reset_on_fork);

	struct_exists = TYPE_EXISTS(struct task_struct___part);
	missing_struct_exists = TYPE_EXISTS(struct no_such_struct);
	struct_size = TYPE_SIZE(struct task_struct___part);
	struct_matches = TYPE_MATCHES(struct list_head);
	missing_struct_matches = TYPE_MATCHES(struct no_such_struct);
	local_type_id = TYPE_ID_LOCAL(struct task_struct___part);
	target_type_id = TYPE_ID_TARGET(struct task_struct___part);

	enum_exists = ENUM_EXISTS(enum bpf_map_type___part, BPF_MAP_TYPE_TASK_STORAGE___part);
	missing_enum_exists = ENUM_EXISTS(enum bpf_map_type___part, NO_SUCH_MAP_TYPE);
	enum_value = ENUM_VALUE(enum bpf_map_type___part, BPF_MAP_TYPE_TASK_STORAGE___part);

	read_pid = task->pid;
	read_leader_pid = task->group_leader->pid;
	/* The kernel poisons the load, and the verifier finds that it never runs. */
	if (FIELD_EXISTS(task->no_such_field))
		read_missing_field = task->no_such_field;
	else
		read_missing_field = 0;
	return 0;
}

char _license[] SEC("license") = "GPL";
