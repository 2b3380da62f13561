/* SPDX-License-Identifier: ISC */
#include "http/link.h"

#include "http/http1_class.h"

static void
skip(struct http1_str *s, size_t n)
{
	s->p += n;
	s->len -= n;
}

/* How long a quoted text is that begins there; one without end is the rest. */
static size_t
quoted_length(struct http1_str s)
{
	size_t i;

	for (i = 1; i < s.len && s.p[i] != '"'; i++) {
		if (s.p[i] == '\\')
			i++;
	}
	return i < s.len ? i + 1 : s.len;
}

static void
skip_parameters(struct http1_str *s)
{
	while (s->len > 0 && *s->p != ',')
		skip(s, *s->p == '"' ? quoted_length(*s) : 1);
}

bool
link_next(struct http1_str *rest, struct http1_str *target)
{
	const char *end;

	while (rest->len > 0 && (*rest->p == ',' || http1_is_blank(*rest->p)))
		skip(rest, 1);
	if (rest->len == 0 || *rest->p != '<')
		return false;
	skip(rest, 1);
	if ((end = memchr(rest->p, '>', rest->len)) == NULL)
		return false;
	*target = (struct http1_str){ rest->p, (size_t)(end - rest->p) };
	skip(rest, target->len + 1);
	skip_parameters(rest);
	return true;
}
