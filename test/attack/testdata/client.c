// SPDX-License-Identifier: GPL-2.0
/* A client in C99 and C++: two threads share, and that of another process is refused. Prints what BPF left to each. */
#define _GNU_SOURCE 1
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "kptr_broker.h"

struct user_data {
	int a;
	int b;
	volatile int result;
};

static struct kptr_broker b;
static char *mem;

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s (reason %u, limit %llu)\n", what, strerror(errno), b.reason, (unsigned long long)b.limit);
	exit(1);
}

/* Shares a block of the calling thread's own, in a cache line of its own. */
static void *share(void *arg)
{
	__u32 offset = *(const __u32 *)arg;
	struct user_data *mine = (struct user_data *)(void *)(mem + offset);
	struct {
		__u64 udata;
	} value;
	pid_t tid = (pid_t)syscall(__NR_gettid);
	int i;

	value.udata = kptr_broker_ref(1, offset);
	if (kptr_broker_set(&b, tid, 1, &value))
		fail("set");
	mine->a = 1;
	mine->b = (int)offset;
	for (i = 0; i < 64 && !mine->result; i++)
		syscall(__NR_gettid);
	printf("%d\n", mine->result);
	if (kptr_broker_delete(&b, tid))
		fail("delete");
	return NULL;
}

int main(int argc, char **argv)
{
	__u32 first = 0, second = 256;
	__u64 none = 0;
	pthread_t thread;

	if (argc != 2 || kptr_broker_connect(&b, argv[1]))
		fail("connect");
	if (b.map.value_size != 8 || b.map.kptrs != 1 || b.map.kptr[0].size != sizeof(struct user_data))
		fail(b.map.name);
	mem = (char *)kptr_broker_memory(&b, 1, 1);
	if (!mem)
		fail("memory");
	share(&first);
	if (pthread_create(&thread, NULL, share, &second) || pthread_join(thread, NULL))
		fail("thread");
	if (!kptr_broker_set(&b, getppid(), 0, &none) || errno != EPERM || b.reason != 6)
		fail("another process");
	kptr_broker_close(&b);
	return 0;
}
