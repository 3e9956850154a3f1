/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A client of a broker, for programs in C and C++: docs/broker-protocol.md.
 *
 *	#define _GNU_SOURCE
 *	#include "kptr_broker.h"
 *
 *	struct kptr_broker b;
 *	struct user_data *mine;
 *	struct { __u64 udata; } value;	// user kptrs are references
 *
 *	if (kptr_broker_connect(&b, "/run/kptr.sock") ||
 *	    !(mine = (struct user_data *)kptr_broker_memory(&b, 1, 1)))
 *		err(1, "kptr");
 *	value.udata = kptr_broker_ref(1, 0);
 *	if (kptr_broker_set(&b, gettid(), 0, &value))
 *		err(1, "kptr");
 *	mine->a = 1;			// BPF sees it at once
 *
 * Functions return 0, or -1 with errno, and then b.reason if it is the broker that
 * refuses. One thread at a time uses a struct kptr_broker. After fork(2) the child
 * connects anew. No block may cross a page, and no two threads' should share a cache
 * line.
 */
#ifndef KPTR_BROKER_H
#define KPTR_BROKER_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KPTR_BROKER_VERSION 1
#define KPTR_MAX_COUNT 64
#define KPTR_MAX_BODY 65536

enum { KPTR_HELLO = 1, KPTR_MEMORY, KPTR_FORGET, KPTR_SET, KPTR_GET, KPTR_DELETE };

/* Why the broker refuses; from KPTR_Q_CONNECTIONS on, which quota. */
enum {
	KPTR_E_PROTOCOL = 1,
	KPTR_E_VERSION = 2,
	KPTR_E_SENDER = 3,
	KPTR_E_EXEC = 4,
	KPTR_E_PIDFD = 5,
	KPTR_E_FOREIGN = 6,
	KPTR_E_GONE = 7,
	KPTR_E_TAKEN = 8,
	KPTR_E_REFERENCE = 9,
	KPTR_E_MEMFD = 10,
	KPTR_E_SEALS = 11,
	KPTR_E_SIZE = 12,
	KPTR_E_MEMORY_TAKEN = 13,
	KPTR_E_MEMORY_ID = 14,
	KPTR_E_MEMORY_BUSY = 15,
	KPTR_E_KERNEL = 16,
	KPTR_E_FULL = 17,

	KPTR_Q_CONNECTIONS = 32,
	KPTR_Q_THREADS = 33,
	KPTR_Q_PAGES = 34,
	KPTR_Q_MEMORIES = 35,
	KPTR_Q_RATE = 36,
	KPTR_Q_UID_CONNECTIONS = 40,
	KPTR_Q_UID_THREADS = 41,
	KPTR_Q_UID_PAGES = 42,
	KPTR_Q_UID_MEMORIES = 43,
	KPTR_Q_UID_RATE = 44
};

struct kptr_request {
	__u32 op;
	__u32 seq;
	__u32 count;
	__u32 size;
};

struct kptr_reply {
	__u32 op;
	__u32 seq;
	__u32 done;
	__u32 size;
	__u32 error;
	__u32 reason;
	__u64 limit;
};

struct kptr_map {
	__u32 version;
	__u32 page_size;
	__u32 value_size;
	__u32 kptrs;
	__u32 value_type;
	__u32 btf_size;
	__u32 max_pages;
	__u32 zero;
	char name[32];
	struct {
		__u32 offset;
		__u32 size;
	} kptr[11];
};

struct kptr_broker {
	int socket;
	__u32 seq;
	__u32 reason; /* of the last refusal: KPTR_E_*, KPTR_Q_* */
	__u32 reset;  /* ECONNRESET was seen */
	__u64 limit;
	struct kptr_map map;
};

/* Linux 6.9, linux/pidfd.h; Linux 6.3, linux/memfd.h. The C library's headers may be older. */
#define KPTR_PIDFD_THREAD O_EXCL
#define KPTR_MFD_NOEXEC_SEAL 0x8U
#define KPTR_MFD_CLOEXEC 0x1U
#define KPTR_F_ADD_SEALS (1024 + 9)
#define KPTR_F_SEAL_SHRINK 0x2
#ifdef __NR_pidfd_open
#define KPTR_NR_PIDFD_OPEN __NR_pidfd_open
#else
#define KPTR_NR_PIDFD_OPEN 434
#endif

/* What stands for a user kptr in a value. */
static inline __u64 kptr_broker_ref(__u32 id, __u32 offset)
{
	return (__u64)id << 32 | offset;
}

/* Receives the reply, and body_size bytes that follow it. A file descriptor that comes along is closed. */
static inline int kptr_broker_receive(struct kptr_broker *b, void *body, size_t body_size)
{
	struct kptr_reply reply;
	struct iovec iov[2];
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg;
	struct cmsghdr *c;
	ssize_t n;
	int fd;

	iov[0].iov_base = &reply;
	iov[0].iov_len = sizeof(reply);
	iov[1].iov_base = body;
	iov[1].iov_len = body_size;
	do {
		memset(&msg, 0, sizeof(msg));
		msg.msg_iov = iov;
		msg.msg_iovlen = 2;
		msg.msg_control = control.room;
		msg.msg_controllen = sizeof(control.room);
		n = recvmsg(b->socket, &msg, MSG_CMSG_CLOEXEC);
		/* ECONNRESET: why the broker has hung up follows. */
	} while (n < 0 && (errno == EINTR || (errno == ECONNRESET && !b->reset++)));
	if (n < 0)
		return -1;
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
			memcpy(&fd, CMSG_DATA(c), sizeof(fd));
			close(fd);
		}
	}
	if ((size_t)n < sizeof(reply)) {
		errno = ECONNRESET;
		return -1;
	}
	b->reason = reply.reason;
	b->limit = reply.limit;
	if (reply.error) {
		errno = (int)reply.error;
		return -1;
	}
	if ((size_t)n != sizeof(reply) + body_size) {
		errno = EBADMSG;
		return -1;
	}
	return 0;
}

/* One entry of two parts, with a file descriptor or -1; the second part may be nothing. */
static inline int kptr_broker_call(struct kptr_broker *b, __u32 op, const void *entry, size_t size, const void *value,
				   size_t value_size, int fd, void *body, size_t body_size)
{
	struct kptr_request request;
	struct iovec iov[3];
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg;
	struct cmsghdr *c;
	ssize_t n;
	int unsent = 0;

	request.op = op;
	request.seq = ++b->seq;
	request.count = 1;
	request.size = (__u32)(size + value_size);
	iov[0].iov_base = &request;
	iov[0].iov_len = sizeof(request);
	iov[1].iov_base = (void *)entry;
	iov[1].iov_len = size;
	iov[2].iov_base = (void *)value;
	iov[2].iov_len = value_size;
	memset(&msg, 0, sizeof(msg));
	memset(&control, 0, sizeof(control));
	msg.msg_iov = iov;
	msg.msg_iovlen = 3;
	if (fd >= 0) {
		msg.msg_control = control.room;
		msg.msg_controllen = sizeof(control.room);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	do {
		n = sendmsg(b->socket, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		unsent = errno;
	if (unsent && unsent != EPIPE) /* EPIPE: why the broker has hung up can be read still */
		return -1;
	return kptr_broker_receive(b, body, body_size);
}

static inline void kptr_broker_close(struct kptr_broker *b)
{
	close(b->socket);
	b->socket = -1;
}

/* Connects, and learns about the map (b->map), whose value type the caller may check by its size and user kptrs. */
static inline int kptr_broker_connect(struct kptr_broker *b, const char *path)
{
	__u32 hello[2] = {KPTR_BROKER_VERSION, 0};
	struct sockaddr_un address;
	int saved;

	memset(b, 0, sizeof(*b));
	memset(&address, 0, sizeof(address));
	address.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	b->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (b->socket < 0)
		return -1;
	if (!connect(b->socket, (const struct sockaddr *)&address, sizeof(address)) &&
	    !kptr_broker_call(b, KPTR_HELLO, hello, sizeof(hello), NULL, 0, -1, &b->map, sizeof(b->map)))
		return 0;
	saved = errno;
	kptr_broker_close(b);
	errno = saved;
	return -1;
}

/* Makes pages of memory, zeroed, that values refer to by id. NULL with errno if it cannot. munmap(2) gives the client's view of it up. */
static inline void *kptr_broker_memory(struct kptr_broker *b, __u32 id, __u32 pages)
{
	struct {
		__u32 id, pages;
		__u64 zero;
	} entry;
	size_t size = (size_t)pages * b->map.page_size;
	void *mem = MAP_FAILED;
	int fd, saved;

	entry.id = id;
	entry.pages = pages;
	entry.zero = 0;
	fd = (int)syscall(__NR_memfd_create, "kptr", KPTR_MFD_CLOEXEC | KPTR_MFD_NOEXEC_SEAL);
	if (fd < 0)
		return NULL;
	if (!ftruncate(fd, (off_t)size) && !fcntl(fd, KPTR_F_ADD_SEALS, KPTR_F_SEAL_SHRINK))
		mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem != MAP_FAILED && kptr_broker_call(b, KPTR_MEMORY, &entry, sizeof(entry), NULL, 0, fd, NULL, 0)) {
		saved = errno;
		munmap(mem, size);
		errno = saved;
		mem = MAP_FAILED;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return mem == MAP_FAILED ? NULL : mem;
}

/* Does something with the element of one of the process's threads, by the id that gettid(2) gives it. */
static inline int kptr_broker_thread(struct kptr_broker *b, __u32 op, pid_t tid, const void *head, size_t head_size,
				     const void *value, size_t value_size)
{
	int fd = (int)syscall(KPTR_NR_PIDFD_OPEN, tid, KPTR_PIDFD_THREAD), rc, saved;

	if (fd < 0)
		return -1;
	rc = kptr_broker_call(b, op, head, head_size, value, value_size, fd, NULL, 0);
	saved = errno;
	close(fd);
	errno = saved;
	return rc;
}

/* Gives a thread an element: value has b->map.value_size bytes; flags are 0 (BPF_ANY), 1 (BPF_NOEXIST), 2 (BPF_EXIST). */
static inline int kptr_broker_set(struct kptr_broker *b, pid_t tid, __u32 flags, const void *value)
{
	__u32 head[2] = {flags, 0};

	return kptr_broker_thread(b, KPTR_SET, tid, head, sizeof(head), value, b->map.value_size);
}

/* Takes it away. It goes by itself when the thread, the process or the connection ends. */
static inline int kptr_broker_delete(struct kptr_broker *b, pid_t tid)
{
	return kptr_broker_thread(b, KPTR_DELETE, tid, NULL, 0, NULL, 0);
}

#ifdef __cplusplus
}
#endif

#endif
