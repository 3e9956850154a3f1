/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * kptr_hint: what a program tells the scheduler about itself, through memory
 * that both share. This file is the ABI between them.
 *
 * For programs. A thread, or a process, has one struct kptr_hint in memory of its
 * own and registers it once, by storing a struct kptr_hint_value that points to it
 * into the task-storage map "kptr_hint" under its pidfd. From then on a store is a
 * hint, at no other cost (below as plain C; in a program each is an __atomic access):
 *
 *	hint->critical = 1;
 *	... a short section under a lock that others wait for ...
 *	hint->critical = 0;
 *	if (hint->yield) {
 *		hint->yield = 0;
 *		sched_yield();
 *	}
 *
 *   - A thread with a block of its own speaks for itself. For a thread without
 *     one, the block of its process counts: the element of the thread-group leader.
 *   - Hints are advice. They bend the order in which tasks run, by bounded
 *     amounts; none gives a program more CPU time than it has without, and none
 *     takes another's away. A weight can be lowered below what the nice value
 *     gives, and be put back, but never raised above it.
 *   - The block is 64 bytes, aligned to 64: it never crosses a page.
 *   - execve(2) drops the element: register again after it. One that another
 *     process has registered, in its own memory, can stay: see keep. A child of
 *     fork(2) has none.
 *
 * For authors of schedulers. Include this file after bpf_helpers.h of libbpf, define both
 * maps by KPTR_HINT_MAPS (names and pinning are part of the ABI: a restarted scheduler
 * takes up the maps that programs have registered in), and read the words at each decision:
 *
 *   - The memory belongs to a program that nobody has to trust. It may hold any
 *     bytes, and they may change between two reads: read a word once, clamp it,
 *     and let it choose between things that are all harmless.
 *   - Ignore a block whose version is 0: it has not been filled in yet. A version
 *     above yours is fine, since fields only ever get added.
 *   - Ignore fields that lie beyond the block's size: see KPTR_HINT.
 *   - Of all the fields, store to yield alone, and never to a struct kptr_gc.
 */
#ifndef KPTR_HINT_H
#define KPTR_HINT_H

#define KPTR_HINT_VERSION 1

#ifdef __bpf__
#include "kptr_user.h"
#else
#include <linux/types.h>
#define __kptr_user
#endif

struct kptr_hint {
	__u16 version;	  /* of this layout, KPTR_HINT_VERSION; stored last. 0: the block is ignored */
	__u16 size;	  /* sizeof(struct kptr_hint) as the program was built; fields beyond are ignored */
	__u32 background; /* non-zero: what runs now can wait (garbage collection, compaction, prefetch) */
	__u32 critical;	  /* non-zero: inside a short section that should not be preempted */
	__u32 latency;	  /* non-zero: run soon after waking up */
	__u32 weight;	  /* share of CPU time, 1 to 10000; 100 is nice 0, and so is 0 */
	__u32 yield;	  /* non-zero, stored by the scheduler: a preemption was put off, please yield. The program clears it */
	__u32 keep;	  /* non-zero: the element stays at execve(2), since the block is not in the program's own memory */
	__u32 reserved[9]; /* zero */
} __attribute__((aligned(64)));

/* The value of the map kptr_hint. */
struct kptr_hint_value {
	struct kptr_hint __kptr_user *hint;
};

/*
 * The marking word of a Go runtime: the first field of runtime.writeBarrier, which
 * is non-zero exactly while the garbage collector marks. It is registered on the
 * thread-group leader and speaks for the whole process. BPF programs must not store
 * to it, which the verifier would let them: it would corrupt the runtime.
 */
struct kptr_gc {
	__u32 marking;
};

/* The value of the map kptr_gc. */
struct kptr_gc_value {
	struct kptr_gc __kptr_user *gc;
};

#ifdef __bpf__

/* KPTR_HINT(hint, field) reads a field once; it is 0 where the program was built without it. */
#define KPTR_HINT(hint, field)								\
	((hint)->size >= __builtin_offsetof(struct kptr_hint, field) + sizeof((hint)->field) ?	\
	 *(volatile __typeof__((hint)->field) *)&(hint)->field : 0)

KPTR_USER_POINTEE(struct kptr_hint);
KPTR_USER_POINTEE(struct kptr_gc);

#define KPTR_HINT_MAP_(name)				\
	struct {					\
		__uint(type, BPF_MAP_TYPE_TASK_STORAGE);	\
		__uint(map_flags, BPF_F_NO_PREALLOC);	\
		__type(key, int);			\
		__type(value, struct name##_value);	\
		__uint(pinning, LIBBPF_PIN_BY_NAME);	\
	} name SEC(".maps")

/* KPTR_HINT_MAPS; defines the maps kptr_hint and kptr_gc. */
#define KPTR_HINT_MAPS		\
	KPTR_HINT_MAP_(kptr_hint); \
	KPTR_HINT_MAP_(kptr_gc)

#else

/*
 * For programs in C and C++ that give hints: one bpf(2) call, and stores from then on.
 *
 *	static struct kptr_hint hint;
 *
 *	int map = kptr_hint_open("/sys/fs/bpf/kptr/kptr_hint");
 *	int err = kptr_hint_register(map, getpid(), &hint);
 *	...
 *	__atomic_store_n(&hint.background, 1, __ATOMIC_RELAXED);
 *
 * Each function gives a negative errno where it fails. The kernel pins the page that
 * the block lies in, and the block has to stay the program's for as long as it is
 * registered: no stack that is left, no memory that free(3) gives to somebody else.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef __cplusplus
extern long syscall(long number, ...); /* unistd.h hides it from strict C */
#endif

/* PIDFD_THREAD of linux/pidfd.h, which is O_EXCL, and cannot be included beside fcntl.h */
#ifdef __mips__
#define KPTR_PIDFD_THREAD 0x400
#else
#define KPTR_PIDFD_THREAD 0x80
#endif

static inline int kptr_hint_bpf_(int cmd, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}

static inline int kptr_hint_element_(int cmd, int map, pid_t id, const struct kptr_hint_value *value)
{
	int fd = (int)syscall(SYS_pidfd_open, id, KPTR_PIDFD_THREAD);
	union bpf_attr attr;
	int err;

	if (fd < 0)
		return -errno;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (__u32)map;
	attr.key = (__u64)(unsigned long)&fd;
	attr.value = (__u64)(unsigned long)value;
	err = kptr_hint_bpf_(cmd, &attr);
	close(fd);
	return err;
}

/*
 * kptr_hint_open opens the map that a scheduler has pinned. Write permission on the
 * pin is all it takes. Nobody needs the file descriptor when all is registered.
 */
static inline int kptr_hint_open(const char *pin)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (__u64)(unsigned long)pin;
	attr.file_flags = BPF_F_WRONLY;
	return kptr_hint_bpf_(BPF_OBJ_GET, &attr);
}

/*
 * kptr_hint_register registers a block of the caller's memory under a thread, in place
 * of what it has; version and size are filled in. The id is a thread's, gettid(), or,
 * for all threads of a process that have no block of their own, the process's, getpid().
 * -ESRCH: there is no such thread; -EOPNOTSUPP: the block crosses a page, since it is
 * not aligned.
 */
static inline int kptr_hint_register(int map, pid_t id, struct kptr_hint *hint)
{
	struct kptr_hint_value value = { hint };

	hint->size = sizeof(*hint);
	__atomic_store_n(&hint->version, KPTR_HINT_VERSION, __ATOMIC_RELEASE);
	return kptr_hint_element_(BPF_MAP_UPDATE_ELEM, map, id, &value);
}

/*
 * kptr_hint_unregister takes it away: -ENOENT if there is none. BPF may still be in the
 * block until two RCU grace periods, 30 to 90 ms as a rule, have passed.
 */
static inline int kptr_hint_unregister(int map, pid_t id)
{
	return kptr_hint_element_(BPF_MAP_DELETE_ELEM, map, id, NULL);
}

#endif
#endif
