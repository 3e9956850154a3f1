/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The 13 kinds of CO-RE relocation (enum bpf_core_relo_kind), as clang's builtins number them. */
#include "corpus.h"

#define FIELD_OFFSET(field) __builtin_preserve_field_info(field, 0)
#define FIELD_SIZE(field) __builtin_preserve_field_info(field, 1)
#define FIELD_EXISTS(field) __builtin_preserve_field_info(field, 2)
#define FIELD_SIGNED(field) __builtin_preserve_field_info(field, 3)
#define FIELD_LSHIFT(field) __builtin_preserve_field_info(field, 4)
#define FIELD_RSHIFT(field) __builtin_preserve_field_info(field, 5)
#define TYPE_EXISTS(type) __builtin_preserve_type_info(*(type *)0, 0)
#define TYPE_SIZE(type) __builtin_preserve_type_info(*(type *)0, 1)
#define TYPE_MATCHES(type) __builtin_preserve_type_info(*(type *)0, 2)
#define TYPE_ID_LOCAL(type) __builtin_btf_type_id(*(type *)0, 0)
#define TYPE_ID_TARGET(type) __builtin_btf_type_id(*(type *)0, 1)
#define ENUM_EXISTS(type, value) __builtin_preserve_enum_value(*(type *)value, 0)
#define ENUM_VALUE(type, value) __builtin_preserve_enum_value(*(type *)value, 1)
