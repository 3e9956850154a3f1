// SPDX-License-Identifier: MIT
/*
 * Shares a block of this process's own memory through the map pinned at argv[1]: memory of the kind that argv[2] names, on
 * another thread if there is an argv[3]. Prints the errno of the update, and what a BPF program has made of the numbers in
 * the block.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PIDFD_THREAD 0x80 /* linux/pidfd.h, since Linux 6.9 */

/* So aligned, a block never crosses a page. */
struct user_data {
	int a, b, result;
} __attribute__((aligned(16)));

static struct user_data data = { 1, 1, 1 }, bss;
static const struct user_data rodata = { 20, 3, 0 };
static __thread struct user_data tdata = { 1, 1, 1 }, tbss;
static const char *pin, *kind;

static struct user_data *block_of(struct user_data *stack)
{
	if (!strcmp(kind, ".data"))
		return &data;
	if (!strcmp(kind, ".bss"))
		return &bss;
	if (!strcmp(kind, ".rodata"))
		return (struct user_data *)&rodata;
	if (!strcmp(kind, "TLS, .tdata"))
		return &tdata;
	if (!strcmp(kind, "TLS, .tbss"))
		return &tbss;
	if (!strcmp(kind, "heap"))
		return malloc(sizeof(struct user_data));
	if (!strcmp(kind, "large heap"))
		return malloc(1 << 24);
	if (!strcmp(kind, "stack"))
		return stack;
	return NULL;
}

static void *share(void *unused)
{
	struct user_data on_stack, *block = block_of(&on_stack);
	uint64_t value = (uintptr_t)block;
	union bpf_attr attr = { .pathname = (uintptr_t)pin };
	int map, key, err = 0, i;

	(void)unused;
	map = syscall(SYS_bpf, BPF_OBJ_GET, &attr, sizeof(attr));
	key = syscall(SYS_pidfd_open, (int)syscall(SYS_gettid), PIDFD_THREAD);
	if (!block || map < 0 || key < 0) {
		perror(kind);
		exit(1);
	}
	if (block != &rodata)
		*block = (struct user_data){ 20, 3, 0 };
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)&value;
	if (syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)))
		err = errno;
	/* The program may be kept out of the task's storage for one of these calls. */
	for (i = 0; i < 64 && *(volatile int *)&block->result != 23; i++)
		syscall(SYS_gettid);
	printf("%d %d\n", err, *(volatile int *)&block->result);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc < 3)
		return 2;
	pin = argv[1];
	kind = argv[2];
	if (argc == 3)
		return share(NULL) != NULL;
	return pthread_create(&thread, NULL, share, NULL) || pthread_join(thread, NULL);
}
