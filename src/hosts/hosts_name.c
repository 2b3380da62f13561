/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "http/http1_host.h"

#define DIGITS	16	/* of half a hash */

const char *
hosts_name_print(char buf[EVENTS_HOST], const struct rule *rule,
    const struct http1_host *host, const struct client_hash *whose)
{
	bool v6 = host->kind == HTTP1_IPV6;
	int n;

	if (rule->shared)
		n = snprintf(buf, EVENTS_HOST, "%s", rule->name);
	else if (rule->has_port)
		n = snprintf(buf, EVENTS_HOST, v6 ? "[%s]:%u" : "%s:%u",
		    host->name, (unsigned)host->port);
	else
		n = snprintf(buf, EVENTS_HOST, v6 ? "[%s]" : "%s", host->name);
	if (whose->a != 0 || whose->b != 0)
		snprintf(buf + n, EVENTS_HOST - (size_t)n,
		    "~%016" PRIx64 "%016" PRIx64, whose->a, whose->b);
	return buf;
}

static bool
read_half(const char *text, uint64_t *half)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit;
	int i;

	*half = 0;
	for (i = 0; i < DIGITS; i++) {
		if (text[i] == '\0' ||
		    (digit = strchr(digits, text[i])) == NULL)
			return false;
		*half = *half << 4 | (uint64_t)(digit - digits);
	}
	return true;
}

/* Reads what stands behind the ~, to the end. */
static bool
read_whose(const char *text, struct client_hash *whose)
{
	return strlen(text) == 2 * DIGITS && read_half(text, &whose->a) &&
	    read_half(text + DIGITS, &whose->b) &&
	    (whose->a != 0 || whose->b != 0);
}

/* The rule that a pattern or a host, of that many bytes, is under. */
static const struct rule *
read_rule(struct hosts_name *n, const struct conf *conf, const char *text,
    size_t len)
{
	char pattern[EVENTS_HOST];
	const struct rule *rule;

	snprintf(pattern, sizeof pattern, "%.*s", (int)len, text);
	if ((rule = conf_shared_rule(conf, pattern)) != NULL)
		return rule;
	if (http1_host_parse(&n->host, text, len) != HTTP1_OK)
		return NULL;
	rule = conf_rule(conf, &n->host);
	if (!rule->has_port)
		n->host.port = 0;
	return rule;
}

bool
hosts_name_read(struct hosts_name *n, const struct conf *conf,
    const char *text)
{
	const char *tilde = strchr(text, '~');
	size_t len = tilde != NULL ? (size_t)(tilde - text) : strlen(text);

	*n = (struct hosts_name){ 0 };
	if (len >= EVENTS_HOST ||
	    (tilde != NULL && !read_whose(tilde + 1, &n->whose)) ||
	    (n->rule = read_rule(n, conf, text, len)) == NULL ||
	    (tilde != NULL && n->rule->per.kind == RULE_KEY_NONE))
		return false;
	hosts_key(n->key, n->rule, &n->host, &n->whose);
	return true;
}
