/*
 * Two threads that collect and serve in turn: 20 ms of collection, during which each says so in its hint by one plain store, and then 20
 * requests of 100 us each, which arrive 400 us after the one before was served.
 */
#include "hint.h"
#include "workload.h"

#define THREADS 2
#define COLLECTION 20 /* ms */
#define REQUESTS 20
#define PAUSE 400000 /* ns */

static double rate[THREADS]; /* cycles a second */

static void collect(struct kptr_hint *h)
{
	__atomic_store_n(&h->background, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < COLLECTION; i++)
		work(1000);
	__atomic_store_n(&h->background, 0, __ATOMIC_RELAXED);
}

static void serve(void)
{
	for (int i = 0; i < REQUESTS; i++) {
		sleep_until(now() + PAUSE);
		work(100);
	}
}

static void *phases(void *arg)
{
	double *rate = arg;
	struct kptr_hint *h = share_hint();
	unsigned int n = 0;
	nsec first = 0, last = 0;

	for (nsec t = now(); t < window_end; t = now()) {
		if (in_window(t)) {
			first = first ? first : t;
			last = t;
			n++;
		}
		collect(h);
		serve();
	}
	if (n > 1)
		*rate = (n - 1) * 1e9 / (last - first);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t[THREADS];
	double sum = 0;

	(void)argc;
	read_window(argv);
	for (int i = 0; i < THREADS; i++)
		t[i] = start(phases, &rate[i]);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		sum += rate[i];
	}
	printf("count throughput %f\n", sum);
	return 0;
}
