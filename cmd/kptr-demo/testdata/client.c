/*
 * Gives hints through the functions of kptr_hint.h, a step for each line of its
 * standard input. It is C and C++.
 */
#include "kptr_hint.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static struct kptr_hint of_process, of_thread;
static char memory[2 * sizeof(struct kptr_hint) + 65536];
static int map;

static void expect(const char *what, int got, int want)
{
	if (got == want)
		return;
	fprintf(stderr, "%s: %d, want %d\n", what, got, want);
	exit(1);
}

static void step(const char *done)
{
	puts(done);
	fflush(stdout);
	getchar();
}

static pid_t tid(void)
{
	return (pid_t)syscall(SYS_gettid);
}

static void *thread(void *unused)
{
	of_thread.critical = 1;
	expect("register the thread", kptr_hint_register(map, tid(), &of_thread), 0);
	step("thread");
	expect("unregister the thread", kptr_hint_unregister(map, tid()), 0);
	expect("unregister it again", kptr_hint_unregister(map, tid()), -ENOENT);
	return unused;
}

int main(int argc, char **argv)
{
	/* The last possible address in a page, of whatever size: 32 bytes are in the next. */
	unsigned long across = ((unsigned long)memory + 65536) / 65536 * 65536 - 32;
	pthread_t t;

	if (argc != 2)
		return 2;
	expect("open what is not there", kptr_hint_open("/nonexistent"), -ENOENT);
	map = kptr_hint_open(argv[1]);
	if (map < 0)
		expect("open", map, 0);

	of_process.weight = 7;
	expect("register the process", kptr_hint_register(map, getpid(), &of_process), 0);
	step("process");
	__atomic_store_n(&of_process.latency, 1, __ATOMIC_RELAXED);
	step("store");
	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
	step("thread ended");

	expect("register for nobody", kptr_hint_register(map, 1 << 30, &of_thread), -ESRCH);
	expect("register across pages", kptr_hint_register(map, getpid(), (struct kptr_hint *)across), -EOPNOTSUPP);
	expect("unregister the process", kptr_hint_unregister(map, getpid()), 0);
	step("none");
	return 0;
}
