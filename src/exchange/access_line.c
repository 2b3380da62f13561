/* SPDX-License-Identifier: ISC */
#include "exchange/access_line.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

/* What one puts together in a buffer; what has no room is left out. */
struct line {
	char	*p;
	size_t	 len;
	size_t	 size;
};

static const char *const outcomes[] = {
	[ACCESS_FORWARDED] = "forwarded",
	[ACCESS_TUNNEL] = "tunnel, requests inside not seen",
	[ACCESS_UPGRADED] = "upgraded",
	[ACCESS_INTERCEPTED] = "intercepted",
	[ACCESS_PLAIN] = "plain requests inside",
	[ACCESS_ANSWERED] = "answered here",
	[ACCESS_REFUSED] = "refused",
	[ACCESS_ABORTED] = "aborted",
	[ACCESS_CLIENT_GONE] = "client gone",
	[ACCESS_UPSTREAM_ERROR] = "upstream error",
};

const char *
access_outcome_word(enum access_outcome outcome)
{
	return outcomes[outcome];
}

/* Text */

static void
put(struct line *l, char c)
{
	if (l->len < l->size)
		l->p[l->len++] = c;
}

/* In quotes, so that nothing in it ends it: blanks are in most of them. */
static void
put_member(struct line *l, const char *name, const char *value)
{
	if (value == NULL)
		return;
	put(l, ' ');
	for (; *name != '\0'; name++)
		put(l, *name);
	put(l, '=');
	put(l, '"');
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			put(l, '\\');
		put(l, (unsigned char)*value < 0x20 || *value == 0x7f ? '?' :
		    *value);
	}
	put(l, '"');
}

/* The columns that are always there, and how it ended. */
static size_t
put_columns(const struct access_line *l, const char *time, char *buf,
    size_t size)
{
	unsigned long long wait = l->wait / 1000, upstream = l->upstream / 1000;
	char resent[32] = "";
	int n;

	if (l->resent > 0)
		snprintf(resent, sizeof resent, ", sent again: %u", l->resent);
	n = snprintf(buf, size, "%s %s %s %s %d %llu %llu %llu.%03llu "
	    "%llu.%03llu %s%s%s%s", time, l->client,
	    l->method != NULL ? l->method : "-",
	    l->host != NULL ? l->host : "-", l->status,
	    (unsigned long long)l->in, (unsigned long long)l->out,
	    wait / 1000, wait % 1000, upstream / 1000, upstream % 1000,
	    outcomes[l->outcome], resent, l->reason != NULL ? ": " : "",
	    l->reason != NULL ? l->reason : "");
	return n > 0 && (size_t)n < size ? (size_t)n : size - 1;
}

size_t
access_line_text(const struct access_line *l, const char *time,
    char buf[ACCESS_LINE])
{
	struct line line = { .p = buf, .size = ACCESS_LINE - 1 };
	char paused[32];

	line.len = put_columns(l, time, buf, line.size);
	put_member(&line, "rule", l->rule);
	put_member(&line, "path", l->path);
	put_member(&line, "budget", l->budget);
	if (l->paused > 0) {
		snprintf(paused, sizeof paused, "%llu.%03llu",
		    (unsigned long long)(l->paused / 1000000000),
		    (unsigned long long)(l->paused / 1000000 % 1000));
		put_member(&line, "paused", paused);
	}
	put_member(&line, "observed", l->observed);
	put_member(&line, "parent", l->parent);
	put_member(&line, "user", l->user);
	buf[line.len++] = '\n';
	return line.len;
}

/* JSON */

static double
seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

size_t
access_line_json(const struct access_line *l, const char *time,
    char buf[ACCESS_LINE])
{
	json_t *o;
	size_t n;

	o = json_pack("{ss ss? ss? ss ss? ss? si ss sf sf si sI sI ss? ss? "
	    "so ss? ss? ss?}",
	    "time", time, "host", l->host, "rule", l->rule,
	    "client", l->client, "method", l->method, "path", l->path,
	    "status", l->status, "outcome", outcomes[l->outcome],
	    "held", seconds(l->wait), "upstream", seconds(l->upstream),
	    "resent", (int)l->resent, "in", (json_int_t)l->in,
	    "out", (json_int_t)l->out, "reason", l->reason,
	    "budget", l->budget, "paused", l->paused > 0 ?
	    json_real(seconds(l->paused)) : json_null(),
	    "observed", l->observed, "parent", l->parent, "user", l->user);
	if (o == NULL)
		return 0;
	n = json_dumpb(o, buf, ACCESS_LINE - 1,
	    JSON_COMPACT | JSON_REAL_PRECISION(9));
	json_decref(o);
	if (n == 0 || n >= ACCESS_LINE)
		return 0;
	buf[n] = '\n';
	return n + 1;
}

/* Parts of it */

const char *
access_method(const char *p, size_t len, char buf[static 32])
{
	if (len == 0)
		return NULL;
	snprintf(buf, 32, "%.*s", (int)(len < 31 ? len : 31), p);
	return buf;
}

const char *
access_host(const struct http1_host *h, unsigned port, char *buf, size_t size)
{
	if (h->name[0] == '\0')
		return NULL;
	/* refused before its port was settled */
	if (port == 0)
		snprintf(buf, size, h->kind == HTTP1_IPV6 ? "[%s]" : "%s",
		    h->name);
	else
		snprintf(buf, size, h->kind == HTTP1_IPV6 ? "[%s]:%u" :
		    "%s:%u", h->name, port);
	return buf;
}

/* What a scheme and an authority are before. */
static struct http1_str
behind_authority(struct http1_str target)
{
	static const char mark[] = "://";
	struct http1_str path = { "/", 1 };
	const char *p;

	if (target.p[0] == '/' || target.p[0] == '*')
		return target;
	p = memmem(target.p, target.len, mark, sizeof mark - 1);
	if (p == NULL)
		return path;
	p += sizeof mark - 1;
	target.len -= (size_t)(p - target.p);
	target.p = p;
	/* a query may have slashes */
	for (; target.len > 0 && *target.p != '?'; target.p++, target.len--)
		if (*target.p == '/')
			return target;
	return path;
}

const char *
access_path(struct http1_str target, char *buf, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	struct http1_str s;
	size_t i, n = 0;
	unsigned char c;

	if (target.len == 0)
		return NULL;
	s = behind_authority(target);
	for (i = 0; i < s.len && s.p[i] != '?' && s.p[i] != '#'; i++) {
		c = (unsigned char)s.p[i];
		if (n + 4 > size)
			break;
		if (c > 0x20 && c < 0x7f && c != '"' && c != '\\') {
			buf[n++] = (char)c;
			continue;
		}
		buf[n++] = '%';
		buf[n++] = digits[c >> 4];
		buf[n++] = digits[c & 15];
	}
	buf[n] = '\0';
	return buf;
}
