// SPDX-License-Identifier: GPL-2.0
/*
 * Value types for the tests of AddGo, CompareGo and C. No program, only
 * types: a tentative definition of each makes the compiler emit its BTF.
 *
 *	clang-19 -O2 -g -fdebug-compilation-dir=. -target bpfel -c gotypes_values.c \
 *		-o gotypes_values.o
 *	llvm-strip-19 -g gotypes_values.o
 *	llvm-objcopy-19 --dump-section .BTF=gotypes_values.btf gotypes_values.o
 *	bpftool -j btf dump file gotypes_values.o > gotypes_values.json
 *	bpftool btf dump file gotypes_values.o format c > gotypes_values.bpftool.c
 *
 * gotypes_printed.c is what C prints for .bss of gotypes_values.btf, and
 * gotypes_printed.btf is made from it by the first three commands.
 */
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef __u32 u32;
typedef int pid_t;

#define __kptr_user __attribute__((btf_type_tag("kptr_user")))
#define __uptr __attribute__((btf_type_tag("uptr")))
#define __kptr __attribute__((btf_type_tag("kptr")))
#define __rcu __attribute__((btf_type_tag("rcu")))

/* The main example. */
struct user_data { int a; int b; int result; };
struct value_type { struct user_data __kptr_user *udata; };
struct value_type value_type;
struct user_data user_data;
pid_t target_pid;

/* Every scalar, with the padding that C inserts. */
enum small { SMALL_A, SMALL_B = 7 };
enum negative { NEGATIVE = -1, POSITIVE = 1 };
enum big { BIG = 0x100000000ULL, BIGGER = 0xffffffffffffffffULL };
enum bigneg { BIGNEG = -0x100000000LL, BIGPOS = 1 };
struct scalars {
	signed char s8;
	unsigned char u8;
	short s16;
	unsigned short u16;
	_Bool flag;
	int s32;
	__u8 byte;
	unsigned int u32;
	char c;
	long long s64;
	unsigned long ul;
	float f32;
	double f64;
	pid_t tgt_pid;
	enum small small;
	enum negative neg;
	enum big big;
	enum bigneg big_neg;
	char comm[16];
	const volatile u32 cv;
};
struct scalars scalars;

/* Arrays, nesting, anonymous members. */
struct inner { __u16 x; __u64 y; };
struct nested {
	struct inner one;
	struct inner many[3];
	int grid[2][3];
	struct { int p; int q; };
	union { __u32 word; __u8 bytes[4]; struct { __u16 lo, hi; }; };
	union { __u64 l; double d; } u;
	struct { __u8 tail; } named_anon;
};
struct nested nested;

/* Several user kptrs, nested and in arrays, beside what only BPF may set. */
struct bpf_spin_lock { __u32 val; };
struct bpf_timer { __u64 __opaque[2]; } __attribute__((aligned(8)));
struct cgroup;
struct mixed {
	struct bpf_spin_lock lock;
	int plain;
	struct user_data __uptr *udata;
	struct { struct user_data __uptr *udata; int depth; } deep;
	struct inner __uptr *slots[4];
	struct inner __kptr *owned;
	struct inner *bare;
};
struct mixed mixed;

/* The pointee is only declared: clang emits FWD. */
struct only_declared;
struct declared_value { struct only_declared __kptr_user *data; };
struct declared_value declared_value;

/* Wrong in one way each. */
struct untagged { struct user_data *udata; };
struct untagged untagged;
struct other_tag { struct inner __kptr *udata; };
struct other_tag other_tag;
struct scalar_pointee { int __uptr *udata; };
struct scalar_pointee scalar_pointee;
struct bits { __u32 a:3; __u32 b:5; __s32 c:24; __u32 rest; };
struct bits bits;
struct packed { __u8 a; __u32 b; __u16 c; } __attribute__((packed));
struct packed packed;
struct locked { struct bpf_spin_lock lock; struct bpf_timer timer; };
struct locked locked;

/* A cycle. */
struct node { int value; struct node __uptr *next; };
struct node node;
struct ping; struct pong { struct ping __uptr *ping; int n; };
struct ping { struct pong __uptr *pong; int n; };
struct ping ping;
struct pong pong;

/* Declarators. */
typedef int (*handler_t)(void *ctx, const char *fmt, ...);
typedef struct { int x; } anon_t;
struct declarators {
	int *p;
	const char *const name;
	volatile int *restrict vr;
	int *array_of_pointers[3];
	int (*pointer_to_array)[3];
	int **pp;
	int __rcu *__uptr *tagged_twice;
	void (*nothing)(void);
	int (*fn)(int a, struct node *n);
	handler_t handler;
	int (*table[2])(void);
	int *(*returns_pointer)(int);
	int (*(*returns_fn)(int))(char);
	void *opaque;
	anon_t anon;
	enum small *e;
	enum { LEFT, RIGHT } side;
	union { int i; float f; } *up;
};
struct declarators declarators;

static volatile int hidden = 3;
extern int elsewhere;
const volatile int limit = 5;

int probe(struct node *n)
{
	return hidden + elsewhere + n->value;
}
