/* Gives a hint of the calling thread's own. */
#ifndef HINT_H
#define HINT_H

#include "kptr_hint.h"
#include "workload.h"

#define HINTS 8

/* share_hint registers a block for the calling thread, in the map that the guest has had pinned. */
static inline struct kptr_hint *share_hint(void)
{
	static struct kptr_hint hints[HINTS];
	static int used;
	struct kptr_hint *h = &hints[__atomic_fetch_add(&used, 1, __ATOMIC_RELAXED)];
	int map = kptr_hint_open("/sys/fs/bpf/kptr/kptr_hint");
	int err = map < 0 ? map : kptr_hint_register(map, syscall(SYS_gettid), h);

	if (err) {
		errno = -err;
		die("kptr_hint");
	}
	close(map);
	return h;
}

#endif
