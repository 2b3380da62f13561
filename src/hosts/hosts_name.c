/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_name.h"

#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "http/http1_host.h"

#define DIGITS	16	/* of half a hash */

static const char digits[] = "0123456789abcdef";

/* Writing: each of ten thousand hosts is named for who looks at all of them. */

#define NAME	(HTTP1_HOST + 8)	/* a pattern of one has a port */
_Static_assert(NAME + sizeof "[]:65535~" + 2 * DIGITS <= EVENTS_HOST,
    "a key is not cut");

static char *
put(char *to, const char *text)
{
	size_t n = strlen(text);

	memcpy(to, text, n);
	return to + n;
}

static char *
put_port(char *to, unsigned port)
{
	char text[16];

	snprintf(text, sizeof text, ":%u", port);
	return put(to, text);
}

static char *
put_half(char *to, uint64_t half)
{
	int i;

	for (i = DIGITS - 1; i >= 0; i--, half >>= 4)
		to[i] = digits[half & 15];
	return to + DIGITS;
}

const char *
hosts_name_print(char buf[EVENTS_HOST], const struct rule *rule,
    const struct http1_host *host, const struct client_hash *whose)
{
	bool v6 = host->kind == HTTP1_IPV6;
	char *end = buf;

	if (rule->shared) {
		end = put(end, rule->name);
	} else {
		end = put(end, v6 ? "[" : "");
		end = put(end, host->name);
		end = put(end, v6 ? "]" : "");
		if (rule->has_port)
			end = put_port(end, host->port);
	}
	if (whose->a != 0 || whose->b != 0) {
		end = put(end, "~");
		end = put_half(end, whose->a);
		end = put_half(end, whose->b);
	}
	*end = '\0';
	return buf;
}

/* Reading */

static bool
read_half(const char *text, uint64_t *half)
{
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
