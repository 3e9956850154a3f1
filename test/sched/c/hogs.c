/* Two threads that never wait, and give no hint. */
#include "workload.h"

#define THREADS 2

static unsigned long done[THREADS]; /* ms of work in the window */

static void *hog(void *arg)
{
	unsigned long *done = arg;

	for (nsec t = now(); t < window_end; t = now()) {
		work(1000);
		*done += in_window(t);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t[THREADS];
	unsigned long sum = 0;

	(void)argc;
	read_window(argv);
	for (int i = 0; i < THREADS; i++)
		t[i] = start(hog, &done[i]);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		sum += done[i];
	}
	printf("count hogs %f\n", sum * 1e9 / (window_end - window_start));
	return 0;
}
