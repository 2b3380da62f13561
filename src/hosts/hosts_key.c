/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy/rule.h"

size_t
hosts_key(char key[HOSTS_KEY], const struct rule *rule,
    const struct http1_host *name, const struct client_hash *whose)
{
	size_t len;
	int n;

	/* most of them, once a request: formatting takes 30 times as long */
	if (!rule->shared && !rule->has_port && whose->a == 0 &&
	    whose->b == 0) {
		len = strlen(name->name);
		memcpy(key, name->name, len + 1);
		return len;
	}
	if (rule->shared)
		n = snprintf(key, HOSTS_KEY, HOSTS_SHARED "%s", rule->name);
	else if (rule->has_port)
		n = snprintf(key, HOSTS_KEY, "%s %u", name->name, name->port);
	else
		n = snprintf(key, HOSTS_KEY, "%s", name->name);
	if (whose->a != 0 || whose->b != 0)
		n += snprintf(key + n, HOSTS_KEY - (size_t)n,
		    " %016" PRIx64 "%016" PRIx64, whose->a, whose->b);
	return (size_t)n;
}
