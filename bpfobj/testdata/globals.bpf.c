// SPDX-License-Identifier: GPL-2.0
/*
 * Variables of every section and shape. Everything is volatile, or clang would
 * fold the values into the code and drop the variables.
 */
#include "../prebuilt/bpf.h"

struct point {
	__s32 x;
	__s32 y;
	__u64 weight;
};

enum color { RED, GREEN = 5, BLUE };

/* .data */
volatile __s8 data_s8 = -8;
volatile __u8 data_u8 = 0xf8;
volatile __s16 data_s16 = -1616;
volatile __u16 data_u16 = 0xf016;
volatile __s32 data_s32 = -323232;
volatile __u32 data_u32 = 0xf0000032;
volatile __s64 data_s64 = -6464646464646464;
volatile __u64 data_u64 = 0xf000000000000064;
volatile _Bool data_bool = 1;
volatile char data_text[8] = "hello";
volatile __u16 data_array[4] = { 1, 2, 3, 4 };
volatile __u8 data_matrix[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } };
volatile struct point data_point = { .x = -1, .y = 2, .weight = 3 };
volatile enum color data_color = GREEN;
static volatile __u32 data_static = 11;

/* .rodata: set before the load, constant for the verifier after it */
const volatile __u32 ro_limit = 5;
const volatile __s64 ro_offset = -5;
const volatile struct point ro_point = { .x = 7, .y = 8, .weight = 9 };
static const volatile __u8 ro_static = 12;

/* .bss */
volatile __u64 bss_sum;
volatile __s32 bss_runs;
volatile struct point bss_point;
volatile __u64 bss_array[3];
static volatile __u16 bss_static;

/* sections with a name of their own: a map each */
volatile __u32 foo_counter SEC(".data.foo") = 100;
volatile __u8 foo_byte SEC(".data.foo") = 1;
const volatile __u64 bar_constant SEC(".rodata.bar") = 1000;
volatile __u32 baz_result SEC(".bss.baz");

/* Adds up what it reads and changes each writable section; returns the run's number. */
SEC("syscall")
int step(void *ctx)
{
	bss_sum = data_s8 + data_u8 + data_s16 + data_u16 + data_s32 + data_u32 + data_s64 +
		  data_u64 + data_bool + data_text[0] + data_array[3] + data_matrix[1][2] +
		  data_point.weight + data_color + data_static;
	bss_point.x = ro_point.x + ro_limit;
	bss_point.y = ro_point.y + ro_static;
	bss_point.weight = ro_offset + bar_constant;
	bss_array[1] = data_u64;
	bss_static += 1;
	data_s8 -= 1;
	data_u64 += 1;
	data_static += 1;
	data_array[0] = bss_static;
	foo_counter += foo_byte;
	baz_result = foo_counter * 2;
	bss_runs += 1;
	return bss_runs;
}

char _license[] SEC("license") = "GPL";
