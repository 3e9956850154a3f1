// SPDX-License-Identifier: GPL-2.0
/* A variable of each shape that BTF has: bit fields, unions, typedefs, enums of 64 bits, floats, pointers. */
#include "corpus.h"

typedef struct point {
	int x, y;
} point_t;

struct shape {
	unsigned kind : 3;
	int delta : 13;
	union {
		point_t at;
		__u64 whole;
	};
	struct shape *next;
	const volatile char *name;
};

enum wide { WIDE = 0x100000000ULL, NARROW = 1 };
enum negative { MINUS = -1 };
struct only_declared;

struct shape shape = { .kind = 3, .delta = -5, .at = { 1, 2 } };
point_t points[2][3];
enum wide wide = WIDE;
enum negative negative = MINUS;
double real = 1.5;
float single;
_Bool flag = 1;
struct only_declared *nobody;
int (*function)(int a, const char *b);
__u64 *restrict restricted;

SEC("raw_tp/sys_enter")
int use(args_t *ctx)
{
	shape.at.x += points[1][2].y + negative + flag;
	return wide == NARROW;
}

LICENSE("GPL");
