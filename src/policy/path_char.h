/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_PATH_CHAR_H
#define SLUICE_PATH_CHAR_H

#include <stdbool.h>

#include "http/http1.h"
#include "http/http1_class.h"

/* The characters of a path, for the files that read one. */

/* Beside a byte: what is encoded there stands for itself only. */
#define PATH_ENCODED	0x100

/* Whether a percent sign and two digits stand there. */
static inline bool
path_is_encoded(const char *p, const char *end)
{
	return end - p >= 3 && p[0] == '%' && http1_hex(p[1]) >= 0 &&
	    http1_hex(p[2]) >= 0;
}

/*
 * Takes a character off a string: a byte, encoded or not; -1 at the end.  Where
 * it makes a difference that it was encoded, PATH_ENCODED is set.
 */
static inline int
path_next_char(struct http1_str *s)
{
	int c;

	if (s->len == 0)
		return -1;
	if (!path_is_encoded(s->p, s->p + s->len)) {
		s->len--;
		return (unsigned char)*s->p++;
	}
	c = http1_hex(s->p[1]) * 16 + http1_hex(s->p[2]);
	s->p += 3;
	s->len -= 3;
	return c == '/' || c == '%' ? c | PATH_ENCODED : c;
}

/* 1 and 2 for the segments "." and "..", else 0. */
static inline int
path_dots(struct http1_str s)
{
	int n = 0;

	while (n < 3 && s.len > 0) {
		if (path_next_char(&s) != '.')
			return 0;
		n++;
	}
	return n < 3 ? n : 0;
}

/*
 * Leaves the path of a request's target, without query and fragment.  False for
 * what is none: it is not there (NULL), or does not begin with "/".
 */
static inline bool
path_cut(struct http1_str *s)
{
	size_t i;

	if (s->p == NULL)
		return false;
	for (i = 0; i < s->len && s->p[i] != '?' && s->p[i] != '#'; i++)
		continue;
	s->len = i;
	return s->len == 0 || s->p[0] == '/';
}

#endif
