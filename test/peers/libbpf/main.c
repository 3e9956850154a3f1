/* The demo's job with libbpf, over the object in a file: see package job. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#ifndef PIDFD_THREAD
#define PIDFD_THREAD 0200 /* O_EXCL, linux/pidfd.h */
#endif

struct user_data {
	int a;
	int b;
	int result;
};

static int fail(const char *what)
{
	perror(what);
	return 1;
}

int main(int argc, char **argv)
{
	int tid = syscall(SYS_gettid), pidfd;
	struct bpf_program *program;
	struct bpf_object *object;
	struct user_data *data;
	struct bpf_link *link;
	struct bpf_map *bss;
	size_t size = 0;
	uint64_t value;
	int *target;

	if (argc != 2)
		return 2;
	object = bpf_object__open_file(argv[1], NULL);
	if (!object)
		return fail("open");
	bss = bpf_object__find_map_by_name(object, ".bss");
	/* target_pid is the first variable of .bss, and may be set before the load as well. */
	target = bss ? (int *)bpf_map__initial_value(bss, &size) : NULL;
	if (!target || size < sizeof(*target))
		return fail(".bss");
	*target = tid;
	if (bpf_object__load(object))
		return fail("load");

	data = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
	if (data == MAP_FAILED)
		return fail("mmap");
	data->a = 1;
	data->b = 2;
	value = (uintptr_t)data;
	pidfd = syscall(SYS_pidfd_open, tid, PIDFD_THREAD);
	if (pidfd < 0)
		return fail("pidfd_open");
	if (bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, "datamap"), &pidfd, &value, BPF_ANY))
		return fail("update");

	program = bpf_object__find_program_by_name(object, "on_sys_enter");
	link = program ? bpf_program__attach(program) : NULL;
	if (!link)
		return fail("attach");
	syscall(SYS_gettid);
	if (((volatile struct user_data *)data)->result != 3)
		return fail("result");
	puts("result 3");
	bpf_link__destroy(link);
	bpf_object__close(object);
	return 0;
}
