// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// An object that keeps its DWARF: debug sections, the relocations that apply
// to them, and the address-significance table.

#define SEC(name) __attribute__((section(name), used))

struct pair {
	int left;
	long right;
};

struct pair shared;

static __attribute__((noinline)) long sum(const struct pair *p)
{
	return p->left + p->right;
}

SEC("syscall")
int prog(const struct pair *ctx)
{
	shared.right = sum(ctx);
	return shared.left;
}

char licence[] SEC("license") = "GPL";
