/* SPDX-License-Identifier: ISC */
#include "hint/hint_told.h"

#include <stdbool.h>
#include <string.h>

#include "hint/hint_dialect.h"
#include "hint/hint_field.h"
#include "http/http1_class.h"

#define NAME_MAX_SHOWN	64	/* bytes */
#define VALUE_MAX_SHOWN	64
#define RUN_MAX		26	/* bytes; a date with its time has fewer */
#define RUN_SHOWN	4

static const char between[] = " \302\267 ";
static const char cut[] = "...";

/* What is being put together; it is full once something did not fit. */
struct told {
	char	*buf;
	size_t	 size;
	size_t	 len;
	bool	 full;
};

static void
put(struct told *t, const char *p, size_t n)
{
	if (t->full || n >= t->size - t->len) {
		t->full = true;
		return;
	}
	memcpy(t->buf + t->len, p, n);
	t->len += n;
}

static bool
is_limit(const struct http1_field *f)
{
	struct hint_name name;

	if (f->id != HTTP1_OTHER)
		return f->id == HTTP1_RETRY_AFTER;
	name = hint_name(f->name);
	switch (name.role) {
	case HINT_NONE:
	case HINT_GITHUB:
	case HINT_SERVER:
	case HINT_ERROR:
		return false;
	default:
		return name.context >= HINT_WEAK;
	}
}

/* Of a key, as Base64 has it, too. */
static bool
is_run(char c)
{
	return http1_is_digit(c) || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z') || c == '_' || c == '-' || c == '+' ||
	    c == '/' || c == '=' || c == '.';
}

/* One who counts by client says which one: RateLimit's parameter pk. */
static bool
is_key(const char *p, size_t n)
{
	return hint_begins(p, n, "pk=", 3);
}

static size_t
run(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && is_run(p[i]))
		i++;
	return i;
}

/* Up to what ends a parameter. */
static size_t
parameter(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] != ';' && p[i] != ',')
		i++;
	return i;
}

static void
put_value(struct told *t, struct http1_str value)
{
	const char *p = value.p;
	size_t left = value.len, n;

	while (left > 0 && (size_t)(p - value.p) < VALUE_MAX_SHOWN) {
		if (is_key(p, left)) {
			n = parameter(p, left);
			put(t, p, 3);
			put(t, cut, sizeof cut - 1);
		} else if ((n = run(p, left)) > RUN_MAX) {
			put(t, p, RUN_SHOWN);
			put(t, cut, sizeof cut - 1);
		} else {
			n = n > 0 ? n : 1;
			put(t, p, n);
		}
		p += n;
		left -= n;
	}
	if (left > 0)
		put(t, cut, sizeof cut - 1);
}

static void
put_field(struct told *t, const struct http1_field *f)
{
	if (t->len > 0)
		put(t, between, sizeof between - 1);
	put(t, f->name.p, f->name.len);
	put(t, ": ", 2);
	put_value(t, f->value);
}

size_t
hint_told(const struct http1_head *h, char *buf, size_t size)
{
	struct told t = { .buf = buf, .size = size };
	const struct http1_field *f = h->fields;
	size_t len;
	unsigned i;

	for (i = 0; i < h->nfields && !t.full; i++, f++) {
		if (f->name.len > NAME_MAX_SHOWN || !is_limit(f))
			continue;
		len = t.len;
		put_field(&t, f);
		if (t.full)
			t.len = len;
	}
	buf[t.len] = '\0';
	return t.len;
}
