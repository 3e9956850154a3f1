// SPDX-License-Identifier: GPL-2.0
/* The three sections of variables, and functions of both that only read and that write. */
#include "corpus.h"

enum mode { OFF, ON = 7 };

volatile int counter = 5;
volatile enum mode mode = ON;
const volatile int limit = 10;
const volatile char name[8] = "corpus";
volatile __u64 sum;
static volatile __u8 hidden_byte;

SEC("tp_btf/sys_enter")
int add(args_t *ctx)
{
	if (counter < limit && mode == ON)
		counter += name[0];
	sum += ctx[1];
	hidden_byte += 1;
	return 0;
}

LICENSE("GPL");
