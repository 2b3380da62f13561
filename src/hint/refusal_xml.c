/* SPDX-License-Identifier: ISC */
#include "hint/refusal_xml.h"

#include <string.h>

#include "http/http1_class.h"

/*
 * No parser: errors are a few elements with a text each, and pages have them,
 * too.  Attributes are passed over; entities, comments and sections of
 * characters are not known, so that whatever has them says nothing.
 */

#define ELEMENTS	64	/* of a text */

static bool
is_space(char c)
{
	return http1_is_blank(c) || c == '\r' || c == '\n';
}

static bool
is_of_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    http1_is_digit(c) || c == '_' || c == '-' || c == '.' || c == ':';
}

static struct http1_str
trim(const char *p, const char *end)
{
	while (p < end && is_space(*p))
		p++;
	while (p < end && is_space(end[-1]))
		end--;
	return (struct http1_str){ p, (size_t)(end - p) };
}

bool
refusal_xml_begin(struct refusal_xml *x, const char *text, size_t n)
{
	struct http1_str s;

	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		n -= 3;
	}
	s = trim(text, text + n);
	*x = (struct refusal_xml){ s.p, s.p + s.len, ELEMENTS };
	return s.len > 0 && s.p[0] == '<';
}

/* The name behind "<"; its end is where it stands then. */
static struct http1_str
take_name(struct refusal_xml *x)
{
	struct http1_str s = { x->p, 0 };
	const char *colon;

	while (x->p < x->end && is_of_name(*x->p))
		x->p++;
	s.len = (size_t)(x->p - s.p);
	if (s.len > 0 && (colon = memchr(s.p, ':', s.len)) != NULL) {
		s.len -= (size_t)(colon + 1 - s.p);
		s.p = colon + 1;
	}
	return s;
}

static const char *
find(const struct refusal_xml *x, char c)
{
	return x->p == x->end ? NULL :
	    memchr(x->p, c, (size_t)(x->end - x->p));
}

bool
refusal_xml_next(struct refusal_xml *x, struct http1_str *name,
    struct http1_str *text)
{
	const char *p;

	while (x->left > 0 && (p = find(x, '<')) != NULL) {
		x->p = p + 1;
		*name = take_name(x);
		if (name->len == 0)
			continue;
		if ((p = find(x, '>')) == NULL)
			return false;
		x->p = p + 1;
		if ((p = find(x, '<')) == NULL)
			return false;
		*text = trim(x->p, p);
		if (text->len == 0 || x->end - p < 2 || p[1] != '/')
			continue;
		x->p = p + 2;
		x->left--;
		return true;
	}
	return false;
}
