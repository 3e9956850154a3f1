/*
 * Four threads that take turns at one lock, 200 us of work inside and 50 us outside. While one holds it, its hint says so. If the
 * scheduler has let it run on for that, and asks it to yield, it does so when it has let go.
 *
 * A preemption inside the section is an involuntary context switch of the thread (ru_nivcsw of getrusage(2)) while it holds the lock.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/resource.h>

#include "hint.h"
#include "workload.h"

#define THREADS 4
#define INSIDE 200 /* us */
#define OUTSIDE 50

struct holder {
	unsigned long acquisitions, preemptions, yields;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static long preemptions(void)
{
	struct rusage u;

	if (getrusage(RUSAGE_THREAD, &u))
		die("getrusage");
	return u.ru_nivcsw;
}

/* section gives how often the thread was preempted in it. */
static long section(struct kptr_hint *h)
{
	long before, after;

	pthread_mutex_lock(&lock);
	__atomic_store_n(&h->critical, 1, __ATOMIC_RELAXED);
	before = preemptions();
	work(INSIDE);
	after = preemptions();
	__atomic_store_n(&h->critical, 0, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&lock);
	return after - before;
}

static void *holder(void *arg)
{
	struct holder *me = arg;
	struct kptr_hint *h = share_hint();

	for (nsec t = now(); t < window_end; t = now()) {
		long n = section(h);

		if (in_window(t)) {
			me->acquisitions++;
			me->preemptions += n;
		}
		if (__atomic_exchange_n(&h->yield, 0, __ATOMIC_RELAXED)) {
			me->yields++;
			sched_yield();
		}
		work(OUTSIDE);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct holder h[THREADS] = { 0 }, sum = { 0 };
	pthread_t t[THREADS];

	(void)argc;
	read_window(argv);
	for (int i = 0; i < THREADS; i++)
		t[i] = start(holder, &h[i]);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		sum.acquisitions += h[i].acquisitions;
		sum.preemptions += h[i].preemptions;
		sum.yields += h[i].yields;
	}
	printf("count throughput %f\n", sum.acquisitions * 1e9 / (window_end - window_start));
	printf("count preemptions %lu\n", sum.preemptions);
	printf("count yields %lu\n", sum.yields);
	return 0;
}
