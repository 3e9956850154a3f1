// SPDX-License-Identifier: GPL-2.0 OR MIT
//
// Every binding, visibility and reserved section index that a BPF object can
// hold, the flags of mergeable and retained sections, and names that share
// their tails in the string table.

#define SEC(name) __attribute__((section(name), used))

int common_var __attribute__((common, aligned(16)));
__attribute__((weak)) int weak_var = 1;
__attribute__((visibility("hidden"))) int hidden_var = 2;
__attribute__((visibility("protected"))) int protected_var = 3;
__attribute__((visibility("internal"))) int internal_var = 4;
static int bss_static SEC(".bss.named");
static int var SEC(".data.named") = 5; // tail of the names above
__attribute__((retain, used, section(".data.kept"))) int kept = 6;
static const long long wide[2] SEC(".rodata.cst16") = { 1, 2 };

asm(".globl absolute\n"
    ".set absolute, 0x1234\n"
    ".type absolute, @object\n"
    ".section .text\n"
    "label:\n");

SEC("syscall")
int prog(void *ctx)
{
	(void)ctx;
	return common_var + weak_var + hidden_var + protected_var + internal_var;
}

char licence[] SEC("license") = "GPL";
