struct user_data;

struct value_type {
	struct user_data __attribute__((btf_type_tag("kptr_user"))) *udata;
};

struct user_data {
	int a;
	int b;
	int result;
};

typedef int pid_t;

typedef unsigned char __u8;

enum small {
	SMALL_A = 0,
	SMALL_B = 7,
};

enum negative {
	NEGATIVE = -1,
	POSITIVE = 1,
};

enum big {
	BIG = 4294967296ULL,
	BIGGER = 18446744073709551615ULL,
};

enum bigneg {
	BIGNEG = -4294967296LL,
	BIGPOS = 1LL,
};

typedef unsigned int __u32;

typedef __u32 u32;

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
	volatile const u32 cv;
};

typedef unsigned short __u16;

typedef unsigned long long __u64;

struct inner {
	__u16 x;
	__u64 y;
};

struct nested {
	struct inner one;
	struct inner many[3];
	int grid[2][3];
	struct {
		int p;
		int q;
	};
	union {
		__u32 word;
		__u8 bytes[4];
		struct {
			__u16 lo;
			__u16 hi;
		};
	};
	union {
		__u64 l;
		double d;
	} u;
	struct {
		__u8 tail;
	} named_anon;
};

struct bpf_spin_lock {
	__u32 val;
};

struct mixed {
	struct bpf_spin_lock lock;
	int plain;
	struct user_data __attribute__((btf_type_tag("uptr"))) *udata;
	struct {
		struct user_data __attribute__((btf_type_tag("uptr"))) *udata;
		int depth;
	} deep;
	struct inner __attribute__((btf_type_tag("uptr"))) *slots[4];
	struct inner __attribute__((btf_type_tag("kptr"))) *owned;
	struct inner *bare;
};

struct only_declared; /* only declared (FWD) */

struct declared_value {
	struct only_declared __attribute__((btf_type_tag("kptr_user"))) *data;
};

struct untagged {
	struct user_data *udata;
};

struct other_tag {
	struct inner __attribute__((btf_type_tag("kptr"))) *udata;
};

struct scalar_pointee {
	int __attribute__((btf_type_tag("uptr"))) *udata;
};

typedef int __s32;

struct bits {
	__u32 a: 3;
	__u32 b: 5;
	__s32 c: 24;
	__u32 rest;
};

struct packed {
	__u8 a;
	__u32 b;
	__u16 c;
} __attribute__((packed));

struct bpf_timer {
	__u64 __opaque[2];
};

struct locked {
	struct bpf_spin_lock lock;
	struct bpf_timer timer;
};

struct node {
	int value;
	struct node __attribute__((btf_type_tag("uptr"))) *next;
};

struct pong;

struct ping {
	struct pong __attribute__((btf_type_tag("uptr"))) *pong;
	int n;
};

struct pong {
	struct ping __attribute__((btf_type_tag("uptr"))) *ping;
	int n;
};

typedef int (*handler_t)(void *, const char *, ...);

typedef struct {
	int x;
} anon_t;

struct declarators {
	int *p;
	const char *const name;
	volatile int *restrict vr;
	int *array_of_pointers[3];
	int (*pointer_to_array)[3];
	int **pp;
	int __attribute__((btf_type_tag("rcu"))) *__attribute__((btf_type_tag("uptr"))) *tagged_twice;
	void (*nothing)(void);
	int (*fn)(int, struct node *);
	handler_t handler;
	int (*table[2])(void);
	int *(*returns_pointer)(int);
	int (*(*returns_fn)(int))(char);
	void *opaque;
	anon_t anon;
	enum small *e;
	enum {
		LEFT = 0,
		RIGHT = 1,
	} side;
	union {
		int i;
		float f;
	} *up;
};

/* .bss: 0 bytes */
struct value_type value_type; /* offset 0, 8 bytes */
struct user_data user_data; /* offset 0, 12 bytes */
pid_t target_pid; /* offset 0, 4 bytes */
struct scalars scalars; /* offset 0, 112 bytes */
struct nested nested; /* offset 0, 120 bytes */
struct mixed mixed; /* offset 0, 80 bytes */
struct declared_value declared_value; /* offset 0, 8 bytes */
struct untagged untagged; /* offset 0, 8 bytes */
struct other_tag other_tag; /* offset 0, 8 bytes */
struct scalar_pointee scalar_pointee; /* offset 0, 8 bytes */
struct bits bits; /* offset 0, 8 bytes */
struct packed packed; /* offset 0, 7 bytes */
struct locked locked; /* offset 0, 24 bytes */
struct node node; /* offset 0, 16 bytes */
struct ping ping; /* offset 0, 16 bytes */
struct pong pong; /* offset 0, 16 bytes */
struct declarators declarators; /* offset 0, 168 bytes */
