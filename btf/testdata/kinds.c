// Every kind that clang writes, for the decoder's tests. Compiled for both byte orders; only .BTF and .BTF.ext are kept.
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int(*name)[val]
#define __type(name, val) typeof(val) *name
#define decl_tag(x) __attribute__((btf_decl_tag(x)))
#define type_tag(x) __attribute__((btf_type_tag(x)))

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef u64 stamp decl_tag("typedef_tag");

struct user_data {
	int a;
	int b;
	int result;
};
struct user_data *keep_user_data; // without it, clang writes FWD for the struct behind the tag

struct later;
union later_union;

enum mode { MODE_A, MODE_B = 7, MODE_LAST = 0xffffffff };
enum negative { NEG = -5, POS = 5 };
enum wide { WIDE = 0x123456789abcdefULL, WIDE_ALL = ~0ULL };
enum wide_negative { WIDE_NEG = -0x123456789LL };
enum undefined;

struct value_type {
	struct user_data type_tag("uptr") * udata;
	struct user_data type_tag("rcu") type_tag("uptr") * two;
	struct later *fwd;
	union later_union *ufwd;
	enum undefined *uenum;
	int numbers[3][5] decl_tag("member_tag");
	u32 low : 3;
	u32 high : 13;
	enum mode mode : 4;
	_Bool yes : 1;
	float f;
	double d;
	char text[16];
	union {
		u64 whole;
		struct {
			u32 lo, hi;
		};
	};
	enum negative n;
	enum wide w;
	enum wide_negative wn;
	const volatile u8 *restrict bytes;
	int (*callback)(struct later *l, const char *fmt, ...);
	void (*by_value)(struct later l);
	__int128 big;
	stamp when;
	int flexible[];
};

struct {
	__uint(type, 29);
	__uint(map_flags, 1);
	__type(key, int);
	__type(value, struct value_type);
} datamap SEC(".maps");

int target_pid;
static volatile u32 counter = 3;
const volatile u64 limit = 1ULL << 40;
float ratio SEC(".data.ratio") = 0.5;
int tagged_var decl_tag("var_tag") = 9;

extern int kconfig_value __attribute__((section(".kconfig")));
extern const void ksym_object __attribute__((section(".ksyms")));
extern void *kfunc_acquire(struct later *l) __attribute__((section(".ksyms")));

struct task {
	int pid;
	int tgid;
	enum mode m;
} __attribute__((preserve_access_index));

static __attribute__((noinline)) int local(struct task *t, u32 x decl_tag("param_tag"))
{
	asm volatile("" ::: "memory");
	return t->pid + t->tgid + x;
}

__attribute__((noinline)) decl_tag("func_tag") int global(struct value_type *v)
{
	if (!v)
		return 0;
	return v->numbers[1][2] + (int)v->when + counter;
}

SEC("tp_btf/sys_enter")
int on_enter(struct task *t)
{
	if (t->pid != target_pid + kconfig_value)
		return 0;
	if (!kfunc_acquire(0) || !(u64)&ksym_object)
		return 1;
	return local(t, limit) + __builtin_preserve_field_info(t->m, 2) + tagged_var;
}

SEC("raw_tp/sys_exit")
int on_exit(void *ctx)
{
	struct value_type v = {};
	return global(&v) + __builtin_preserve_type_info(*(struct task *)0, 0);
}

char _license[] SEC("license") = "GPL";
