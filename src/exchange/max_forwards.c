/* SPDX-License-Identifier: ISC */
#include "exchange/max_forwards.h"

#include <string.h>

#include "base/text.h"
#include "http/http1_fields.h"

/* Digits without leading zeros: of none, and of zeros, nothing is left. */
static bool
strip_zeros(struct http1_str *s)
{
	size_t i;

	for (i = 0; i < s->len; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
	}
	if (s->len == 0)
		return false;
	while (s->len > 0 && s->p[0] == '0') {
		s->p++;
		s->len--;
	}
	return true;
}

static bool
is_less(struct http1_str a, struct http1_str b)
{
	if (a.len != b.len)
		return a.len < b.len;
	return memcmp(a.p, b.p, a.len) < 0;
}

static bool
take_forwards(struct http1_str value, struct http1_str *least, bool *found)
{
	struct http1_str n;

	while (http1_list_next(&value, &n)) {
		if (!strip_zeros(&n))
			return false;
		if (!*found || is_less(n, *least))
			*least = n;
		*found = true;
	}
	return true;
}

enum max_forwards
max_forwards_read(const struct http1_head *h, struct http1_str *least)
{
	bool found = false;
	unsigned i;

	if (!http1_str_equals(h->method, "TRACE") &&
	    !http1_str_equals(h->method, "OPTIONS"))
		return MAX_FORWARDS_NONE;
	for (i = 0; i < h->nfields; i++) {
		if (h->fields[i].id == HTTP1_MAX_FORWARDS &&
		    !take_forwards(h->fields[i].value, least, &found))
			return MAX_FORWARDS_BAD;
	}
	if (!found)
		return MAX_FORWARDS_NONE;
	return least->len > 0 ? MAX_FORWARDS_SOME : MAX_FORWARDS_REACHED;
}

void
max_forwards_put(struct text *t, struct http1_str n)
{
	size_t i, start = t->len + strlen("Max-Forwards: ");

	if (!text_reserve(t, n.len + strlen("Max-Forwards: \r\n")))
		return;
	text_puts(t, "Max-Forwards: ");
	text_put(t, n.p, n.len);
	for (i = t->len; t->p[i - 1] == '0'; i--)
		t->p[i - 1] = '9';
	t->p[i - 1]--;
	if (t->p[start] == '0' && n.len > 1) {
		memmove(t->p + start, t->p + start + 1, n.len - 1);
		t->len--;
	}
	text_puts(t, "\r\n");
}
