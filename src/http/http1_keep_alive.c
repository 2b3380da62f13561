/* SPDX-License-Identifier: ISC */
#include "http/http1_keep_alive.h"

#include "http/http1_class.h"

/*
 * Keep-Alive has no grammar that all who send it know: parameters with commas,
 * semicolons or only white space between them, values with and without quotes.
 */

/* More than anybody means, and yet a number in nanoseconds. */
#define ENOUGH	1000000000

static bool
is_gap(char c)
{
	return c == ',' || c == ';' || http1_is_blank(c);
}

static void
skip_blanks(struct http1_str *s)
{
	while (s->len > 0 && http1_is_blank(*s->p)) {
		s->p++;
		s->len--;
	}
}

/* All up to the next gap, or up to an '=' where that ends a name. */
static struct http1_str
read_word(struct http1_str *s, bool name)
{
	struct http1_str w = { s->p, 0 };

	while (w.len < s->len && !is_gap(w.p[w.len]) &&
	    !(name && w.p[w.len] == '='))
		w.len++;
	s->p += w.len;
	s->len -= w.len;
	return w;
}

static bool
number(struct http1_str s, uint64_t *n)
{
	if (s.len >= 2 && s.p[0] == '"' && s.p[s.len - 1] == '"') {
		s.p++;
		s.len -= 2;
	}
	*n = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (*n > ENOUGH)
			continue;
		*n = *n * 10 + (unsigned)(s.p[i] - '0');
	}
	return s.len > 0;
}

static void
take(struct http1_keep_alive *k, struct http1_str name, struct http1_str value)
{
	uint64_t *to = NULL;
	uint64_t n;

	if (http1_str_is(name, "timeout"))
		to = &k->timeout;
	else if (http1_str_is(name, "max"))
		to = &k->max;
	if (to != NULL && number(value, &n) && n < *to)
		*to = n;
}

static void
read_value(struct http1_str s, struct http1_keep_alive *k)
{
	struct http1_str name;

	while (s.len > 0) {
		if (is_gap(*s.p)) {
			s.p++;
			s.len--;
			continue;
		}
		name = read_word(&s, true);
		skip_blanks(&s);
		if (s.len == 0 || *s.p != '=')
			continue;
		s.p++;
		s.len--;
		skip_blanks(&s);
		take(k, name, read_word(&s, false));
	}
}

void
http1_keep_alive(const struct http1_head *head, struct http1_keep_alive *k)
{
	k->timeout = k->max = UINT64_MAX;
	for (unsigned i = 0; i < head->nfields; i++) {
		if (head->fields[i].id == HTTP1_KEEP_ALIVE)
			read_value(head->fields[i].value, k);
	}
}
