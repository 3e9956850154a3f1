/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the corpus needs beyond the header of the prebuilt objects. Numbers, names and layouts are those of
 * include/uapi/linux/bpf.h and, for functions of the kernel, of kernel/bpf/helpers.c.
 */
#ifndef CORPUS_H
#define CORPUS_H

#include "../../../bpfobj/prebuilt/bpf.h"

#define BPF_MAP_TYPE_PROG_ARRAY 3
#define BPF_MAP_TYPE_PERF_EVENT_ARRAY 4
#define BPF_MAP_TYPE_STACK_TRACE 7
#define BPF_MAP_TYPE_LRU_PERCPU_HASH 10
#define BPF_MAP_TYPE_LPM_TRIE 11
#define BPF_MAP_TYPE_QUEUE 22
#define BPF_MAP_TYPE_STACK 23
#define BPF_MAP_TYPE_SK_STORAGE 24
#define BPF_MAP_TYPE_INODE_STORAGE 28
#define BPF_MAP_TYPE_BLOOM_FILTER 30
#define BPF_MAP_TYPE_USER_RINGBUF 31
#define BPF_MAP_TYPE_CGRP_STORAGE 32
#define BPF_MAP_TYPE_ARENA 33

#define BPF_F_NO_COMMON_LRU (1U << 1)
#define BPF_F_NUMA_NODE (1U << 2)
#define BPF_F_WRONLY_PROG (1U << 8)
#define BPF_F_INNER_MAP (1U << 12)

#define __uptr __attribute__((btf_type_tag("uptr")))
#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#define __decl_tag(text) __attribute__((btf_decl_tag(text)))
#define __contains(name, node) __decl_tag("contains:" #name ":" #node)
#define __ulong(name, val) enum { __bpf_concat(__unique_value, __COUNTER__) = val } name
#define __bpf_concat_(a, b) a##b
#define __bpf_concat(a, b) __bpf_concat_(a, b)

/* A section of its own for what has to lie in a map of its own, such as a lock and what it guards. */
#define private(name) SEC(".bss." #name) __hidden __attribute__((aligned(8)))

#define LICENSE(text) char _license[] SEC("license") = text

/* A weak symbol of the kernel: is it there? */
#define bpf_ksym_exists(sym) (!!(sym))

/* Opaque to programs, special to the kernel by name (btf_get_field_type, kernel/bpf/btf.c). */
struct bpf_timer {
	__u64 __opaque[2];
} __attribute__((aligned(8)));
struct bpf_wq {
	__u64 __opaque[2];
} __attribute__((aligned(8)));
struct bpf_list_head {
	__u64 __opaque[2];
} __attribute__((aligned(8)));
struct bpf_list_node {
	__u64 __opaque[3];
} __attribute__((aligned(8)));
struct bpf_rb_root {
	__u64 __opaque[2];
} __attribute__((aligned(8)));
struct bpf_rb_node {
	__u64 __opaque[4];
} __attribute__((aligned(8)));
struct bpf_refcount {
	__u32 __opaque[1];
} __attribute__((aligned(4)));
struct bpf_dynptr {
	__u64 __opaque[2];
} __attribute__((aligned(8)));
struct bpf_iter_num {
	__u64 __opaque[1];
} __attribute__((aligned(8)));

/* The context of a program of type BPF_PROG_TYPE_TRACING: the arguments of what it is attached to. */
typedef __u64 args_t;

static __u64 (*const bpf_ktime_get_ns)(void) = (void *)5;
static long (*const bpf_trace_printk)(const char *fmt, __u32 fmt_size, ...) = (void *)6;
static long (*const bpf_tail_call)(void *ctx, void *prog_array_map, __u32 index) = (void *)12;
static long (*const bpf_get_current_comm)(void *buf, __u32 size) = (void *)16;
static long (*const bpf_perf_event_output)(void *ctx, void *map, __u64 flags, void *data, __u64 size) = (void *)25;
static long (*const bpf_get_stackid)(void *ctx, void *map, __u64 flags) = (void *)27;
static long (*const bpf_map_push_elem)(void *map, const void *value, __u64 flags) = (void *)87;
static long (*const bpf_map_pop_elem)(void *map, void *value) = (void *)88;
static long (*const bpf_map_peek_elem)(void *map, void *value) = (void *)89;
static long (*const bpf_probe_read_kernel)(void *dst, __u32 size, const void *from) = (void *)113;
static long (*const bpf_seq_printf)(struct seq_file *m, const char *fmt, __u32 fmt_size, const void *data,
				    __u32 data_len) = (void *)126;
static void *(*const bpf_get_current_task)(void) = (void *)35;
static long (*const bpf_copy_from_user)(void *dst, __u32 size, const void *user_ptr) = (void *)148;
static long (*const bpf_snprintf)(char *str, __u32 str_size, const char *fmt, __u64 *data, __u32 data_len) =
	(void *)165;
static long (*const bpf_timer_init)(struct bpf_timer *timer, void *map, __u64 flags) = (void *)169;
static long (*const bpf_timer_set_callback)(struct bpf_timer *timer, void *callback_fn) = (void *)170;
static long (*const bpf_timer_start)(struct bpf_timer *timer, __u64 nsecs, __u64 flags) = (void *)171;
static long (*const bpf_strncmp)(const char *s1, __u32 s1_sz, const char *s2) = (void *)182;
static void *(*const bpf_map_lookup_percpu_elem)(void *map, const void *key, __u32 cpu) = (void *)195;
static long (*const bpf_ringbuf_reserve_dynptr)(void *ringbuf, __u32 size, __u64 flags, struct bpf_dynptr *ptr) =
	(void *)198;
static void (*const bpf_ringbuf_submit_dynptr)(struct bpf_dynptr *ptr, __u64 flags) = (void *)199;
static long (*const bpf_dynptr_write)(const struct bpf_dynptr *dst, __u32 offset, void *src, __u32 len,
				      __u64 flags) = (void *)202;
static long (*const bpf_user_ringbuf_drain)(void *map, void *callback_fn, void *ctx, __u64 flags) = (void *)209;
static void *(*const bpf_cgrp_storage_get)(void *map, void *cgroup, void *value, __u64 flags) = (void *)210;

#endif
