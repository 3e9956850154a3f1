/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * __kptr_user: a map value field that points to memory of user space.
 *
 *	#include "kptr_user.h"
 *
 *	struct user_data { int a; int b; int result; };
 *	struct value_type { struct user_data __kptr_user *udata; };
 *	KPTR_USER_POINTEE(struct user_data);
 *
 * The tag's name is data: the loader rewrites it to the one that the running
 * kernel honours ("uptr" since Linux 6.13), so a program is written once.
 *
 * What the kernel asks of the map (map_check_btf() in kernel/bpf/syscall.c,
 * task_storage_map_alloc() in kernel/bpf/bpf_task_storage.c):
 *
 *   - BPF_MAP_TYPE_TASK_STORAGE, map_flags BPF_F_NO_PREALLOC, max_entries 0
 *     (leave it out), key an int, value a struct of which every byte is typed.
 *
 * ... and of the value type (btf_parse_fields() in kernel/bpf/btf.c). A field
 * that breaks a rule marked (!) is not refused: the map is created *plain*,
 * nothing is pinned, and the program that uses the field does not load.
 *
 *   - The pointee is a struct (!) that the object defines, see
 *     KPTR_USER_POINTEE below; not a union, an enum, an int or void.
 *   - It is not empty and at most a page large. At run time no object may
 *     cross a page boundary.
 *   - No struct of the kernel or of one of its modules has its name.
 *   - The tag stands between the struct and the `*`; there is no const or
 *     volatile after the `*` (!), no second tag (!), no pointer to pointer (!).
 *   - The field is aligned to 8 bytes (!) and not inside a union (!). Nested
 *     structs and arrays are fine.
 *   - At most 11 special fields (BTF_FIELDS_MAX) in one value, each array
 *     element counted (!). bpf_spin_lock, __kptr and refcount fields may stand
 *     beside user kptrs; bpf_timer, bpf_wq, list heads and rb roots may not.
 *
 * What the verifier asks of the program:
 *
 *   - Load the field with one 8-byte load at a constant offset, then compare
 *     it with NULL before use: user space may not have set it.
 *   - Never store to it, pass it on by its address or bpf_kptr_xchg() it.
 *   - A pointer read *from* user memory is a number, nothing more.
 */
#ifndef KPTR_USER_H
#define KPTR_USER_H

/*
 * A compiler without btf_type_tag (gcc before 16, clang before 14) and clang
 * 14, which accepts it but emits no BTF for it, leave a field without the tag.
 * The loader then needs the value type from its caller.
 */
#if defined(__has_attribute)
#if __has_attribute(btf_type_tag)
#define __kptr_user __attribute__((btf_type_tag("kptr_user")))
#endif
#endif

#ifndef __kptr_user
#define __kptr_user
#define KPTR_USER_NO_TYPE_TAG 1
#endif

/* The smallest page of any host; define it before the #include to raise it. */
#ifndef KPTR_USER_PAGE_SIZE
#define KPTR_USER_PAGE_SIZE 4096
#endif

#define KPTR_USER_CONCAT_(a, b) a##b
#define KPTR_USER_CONCAT(a, b) KPTR_USER_CONCAT_(a, b)

/*
 * KPTR_USER_POINTEE(struct user_data);
 *
 * clang follows a pointer in a map value no further than the struct's name and
 * emits BTF_KIND_FWD, which disables every special field of the value. A
 * pointer variable at file scope makes it emit the struct whole. It costs 8
 * bytes of .bss, and a .bss where there was none.
 */
#define KPTR_USER_POINTEE(type)							\
	_Static_assert(sizeof(type) > 0, "pointee of a user kptr is empty");	\
	_Static_assert(sizeof(type) <= KPTR_USER_PAGE_SIZE,			\
		       "pointee of a user kptr is larger than a page");		\
	static type *KPTR_USER_CONCAT(kptr_user_pointee_, __COUNTER__)		\
		__attribute__((used))

#endif
