/*
 * Four threads that sleep until the next multiple of a period and then work a little; how late each wakes up is the wake-up latency.
 * A period that passes before the thread is done with the one before is missed, and counted as such.
 *
 * They give no hint.
 */
#include <sys/prctl.h>

#include "workload.h"

#define THREADS 4
#define WORK 250 /* us a wake-up: the four take a fifth of a CPU */

/* No multiple or fraction of the kernel's tick, so that wake-ups fall on every phase of it. */
static const nsec period = 5030000;

struct sleeper {
	nsec phase;
	unsigned int n, size, missed;
	nsec *late;
};

static void *sleeper(void *arg)
{
	struct sleeper *s = arg;

	/* A timer may be late by this many ns (PR_SET_TIMERSLACK(2const)); the default is 50 us. */
	prctl(PR_SET_TIMERSLACK, 1UL);
	for (nsec next = window_start + s->phase; next < window_end && s->n < s->size;) {
		sleep_until(next);
		s->late[s->n++] = now() - next;
		work(WORK);
		for (next += period; next < now(); next += period)
			s->missed++;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct sleeper s[THREADS];
	pthread_t t[THREADS];
	unsigned int missed = 0;

	(void)argc;
	read_window(argv);
	for (int i = 0; i < THREADS; i++) {
		unsigned int size = (window_end - window_start) / period + 1;

		/* Touched now: a page fault later would be part of a latency. */
		s[i] = (struct sleeper){ .phase = period * i / THREADS, .size = size, .late = malloc(size * sizeof(nsec)) };
		if (!s[i].late)
			die("malloc");
		for (unsigned int j = 0; j < size; j++)
			s[i].late[j] = 1;
		t[i] = start(sleeper, &s[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		for (unsigned int j = 0; j < s[i].n; j++)
			printf("latency %llu\n", (unsigned long long)s[i].late[j]);
		missed += s[i].missed;
	}
	printf("count missed %u\n", missed);
	return 0;
}
