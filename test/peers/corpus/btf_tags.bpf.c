// SPDX-License-Identifier: GPL-2.0
/* Type tags and decl tags that this loader has no use for, on everything that can carry one. */
#include "corpus.h"

#define __user_tag __attribute__((btf_type_tag("user")))
#define __rcu_tag __attribute__((btf_type_tag("rcu")))

struct tagged {
	int number __decl_tag("member");
	int __user_tag *from_user;
	struct tagged __rcu_tag *next;
} __decl_tag("struct");

typedef int number_t __decl_tag("typedef");

struct tagged variable __decl_tag("variable");
volatile number_t number;

__noinline __decl_tag("function") int tagged_function(int argument __decl_tag("argument"))
{
	return argument + number;
}

SEC("raw_tp/sys_enter") __decl_tag("program")
int program(args_t *ctx)
{
	variable.number += tagged_function(1);
	return 0;
}

LICENSE("GPL");
