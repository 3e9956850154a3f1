/* What the C workloads have in common: a window of time to measure in, and work that takes a known number of instructions. */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef uint64_t nsec; /* of CLOCK_MONOTONIC */

static nsec window_start, window_end;

static inline nsec now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static inline void sleep_until(nsec when)
{
	struct timespec t = { .tv_sec = when / 1000000000, .tv_nsec = when % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL))
		;
}

/* work takes so many microseconds at 2 ns an instruction, as -icount shift=1 has it: there are two instructions in the loop. */
static inline void work(unsigned int microseconds)
{
	for (unsigned long n = microseconds * 250UL; n; n--)
		__asm__ volatile("" : "+r"(n));
}

static inline int in_window(nsec t)
{
	return t >= window_start && t < window_end;
}

/* Every program takes the window's start and end as its two arguments, so that all of them measure at once. */
static inline void read_window(char **argv)
{
	if (!argv[1] || !argv[2]) {
		fprintf(stderr, "usage: %s START END\n", argv[0]);
		exit(2);
	}
	window_start = strtoull(argv[1], NULL, 10);
	window_end = strtoull(argv[2], NULL, 10);
}

static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

static inline pthread_t start(void *(*body)(void *), void *arg)
{
	pthread_t t;

	if (pthread_create(&t, NULL, body, arg)) {
		fprintf(stderr, "pthread_create\n");
		exit(1);
	}
	return t;
}

#endif
