/* SPDX-License-Identifier: ISC */
#include "policy/rule_methods.h"

#include <stdlib.h>
#include <string.h>

bool
rule_methods_have(char *const *methods, size_t n, struct http1_str method)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strlen(methods[i]) == method.len &&
		    memcmp(methods[i], method.p, method.len) == 0)
			return true;
	return false;
}

void
rule_methods_free(char **methods, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(methods[i]);
	free(methods);
}
