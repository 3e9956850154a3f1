/* SPDX-License-Identifier: MIT */
/*
 * Many clients of a broker at once, to see how it serves them:
 *
 *	clients SOCKET PROCESSES THREADS
 *
 * forks processes of so many threads, has all of them connect and register their threads at the same moment, one request each, and
 * prints how long each took. They stay until standard input ends, and are killed then. Messages: docs/broker-protocol.md.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 64
#define BLOCK 64 /* bytes apart */

struct request { uint32_t op, seq, count, size; };
struct reply { uint32_t op, seq, done, size, error, reason; uint64_t limit; };

static struct { /* shared with the children */
	int ready, go, done, failed;
	uint32_t reason;
	double took[]; /* of each thread, in ms; then of each process from connect(2) on */
} *all;

static int tids[MAX_THREADS];
static int started;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void *park(void *slot)
{
	*(int *)slot = syscall(SYS_gettid);
	__atomic_add_fetch(&started, 1, __ATOMIC_RELEASE);
	for (;;)
		pause();
	return NULL;
}

static void fail(uint32_t reason)
{
	__atomic_store_n(&all->reason, reason, __ATOMIC_RELAXED);
	__atomic_add_fetch(&all->failed, 1, __ATOMIC_RELAXED);
	pause();
}

/* Sends a request with one entry of size bytes, and a file descriptor unless that is -1. */
static void ask(int sock, uint32_t op, const void *entry, uint32_t size, int fd)
{
	struct request head = { op, 0, 1, size };
	struct iovec parts[] = { { &head, sizeof(head) }, { (void *)entry, size } };
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = 2 };
	char answer[512];
	struct reply *reply = (struct reply *)answer;
	ssize_t n;

	if (fd >= 0) {
		struct cmsghdr *c;

		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	if (sendmsg(sock, &m, MSG_NOSIGNAL) < 0)
		fail(1000 + errno);
	n = recv(sock, answer, sizeof(answer), 0); /* without room for the BTF's file descriptor */
	if (n < (ssize_t)sizeof(*reply))
		fail(2000 + (n < 0 ? errno : 0));
	if (reply->error)
		fail(reply->reason);
}

static void client(const char *path, int index, int processes, int threads)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	uint32_t hello[2] = { 1, 0 };
	struct { uint32_t id, pages; uint64_t zero; } memory = { 1, 1, 0 };
	struct { uint32_t flags, zero; uint64_t ref; } set = { 1, 0, 0 };
	pthread_attr_t small;
	double begin, start;
	int sock, fd, i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 32 << 10);
	tids[0] = getpid();
	for (i = 1; i < threads; i++) {
		pthread_t t;

		if (pthread_create(&t, &small, park, &tids[i]))
			fail(3000);
	}
	while (__atomic_load_n(&started, __ATOMIC_ACQUIRE) < threads - 1)
		usleep(1000);
	__atomic_add_fetch(&all->ready, 1, __ATOMIC_RELAXED);
	while (!__atomic_load_n(&all->go, __ATOMIC_ACQUIRE))
		usleep(20000);

	begin = now();
	strncpy(at.sun_path, path, sizeof(at.sun_path) - 1);
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (connect(sock, (struct sockaddr *)&at, sizeof(at)))
		fail(4000 + errno);
	ask(sock, 1, hello, sizeof(hello), -1);
	fd = memfd_create("client", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (ftruncate(fd, sysconf(_SC_PAGESIZE)) || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK))
		fail(5000 + errno);
	ask(sock, 2, &memory, sizeof(memory), fd);
	for (i = 0; i < threads; i++) {
		int pidfd = syscall(SYS_pidfd_open, tids[i], O_EXCL); /* PIDFD_THREAD */

		start = now();
		set.ref = 1ull << 32 | i * BLOCK;
		ask(sock, 4, &set, sizeof(set), pidfd);
		all->took[index * threads + i] = now() - start;
		close(pidfd);
	}
	all->took[processes * threads + index] = now() - begin;
	__atomic_add_fetch(&all->done, 1, __ATOMIC_RELEASE);
	for (;;)
		pause();
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(const char *what, double *took, int n)
{
	qsort(took, n, sizeof(*took), compare);
	printf("%s: %d, p50 %.3f ms, p99 %.3f ms, longest %.3f ms\n", what, n, took[n / 2], took[n * 99 / 100], took[n - 1]);
}

int main(int argc, char **argv)
{
	int processes, threads, i;
	pid_t *pids;
	double start;
	char c;

	if (argc != 4)
		return 2;
	processes = atoi(argv[2]);
	threads = atoi(argv[3]);
	if (processes < 1 || threads < 1 || threads > MAX_THREADS)
		return 2;
	all = mmap(NULL, sizeof(*all) + sizeof(double) * processes * (threads + 1), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pids = calloc(processes, sizeof(*pids));
	for (i = 0; i < processes; i++) {
		pids[i] = fork();
		if (pids[i] < 0) {
			perror("fork");
			return 1;
		}
		if (!pids[i])
			client(argv[1], i, processes, threads);
	}
	while (__atomic_load_n(&all->ready, __ATOMIC_RELAXED) + all->failed < processes)
		usleep(1000);
	start = now();
	__atomic_store_n(&all->go, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&all->done, __ATOMIC_ACQUIRE) + __atomic_load_n(&all->failed, __ATOMIC_RELAXED) < processes && now() - start < 60e3)
		usleep(1000);
	if (all->done < processes)
		printf("%d of %d were served, reason %u\n", all->done, processes, all->reason);
	print("registrations", all->took, processes * threads);
	print("clients", all->took + processes * threads, processes);
	printf("all %.0f ms\n", now() - start);
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	for (i = 0; i < processes; i++)
		kill(pids[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	return 0;
}
