// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// Calls and addresses: static and global subprograms, in the section of the
// caller and in another, a kernel function and a kernel variable that are
// declared only, a table of function addresses (R_BPF_64_ABS64), strings, and
// a section whose name starts with a question mark.

#define SEC(name) __attribute__((section(name), used))
#define noinline __attribute__((noinline))

extern int some_kfunc(int x) __attribute__((section(".ksyms")));
extern int weak_kfunc(int x) __attribute__((section(".ksyms"), weak));
extern const int some_ksym __attribute__((section(".ksyms")));
extern int plain_extern;

static int (*trace_printk)(const char *fmt, int len, ...) = (void *)6;

static noinline int local_sub(int x)
{
	asm volatile("" : "+r"(x));
	return x + 1;
}

noinline int global_sub(int x)
{
	asm volatile("" : "+r"(x));
	return local_sub(x) + 2;
}

SEC("raw_tp/sys_enter")
int first(int *ctx)
{
	return global_sub(*ctx) + local_sub(2);
}

SEC("?raw_tp/sys_exit")
int second(int *ctx)
{
	int n = some_kfunc(*ctx) + some_ksym + plain_extern;

	if (weak_kfunc)
		n += weak_kfunc(n);
	trace_printk("n %d", 5, n);
	return n;
}

SEC("struct_ops/callback")
int callback(int *ctx)
{
	return *ctx;
}

struct ops {
	int flags;
	int (*cb)(int *);
	const char *name;
} ops SEC(".struct_ops") = { 3, callback, "ops" };

int *pointers[2] = { 0, &ops.flags };

char licence[] SEC("license") = "GPL";
