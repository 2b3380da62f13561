/* SPDX-License-Identifier: ISC */
#include "http/accept.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FAMILY	64		/* bytes of a range of a family of types */

/* A part of the field: a range of media types, or a parameter. */
struct part {
	const char	*p;
	size_t		 len;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Takes what is before the next separator; NULL: that was all. */
static const char *
next(const char *p, char separator, struct part *part)
{
	bool quoted = false;

	while (is_blank(*p))
		p++;
	part->p = p;
	for (; *p != '\0' && (*p != separator || quoted); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '\\' && quoted && p[1] != '\0')
			p++;
	}
	part->len = (size_t)(p - part->p);
	while (part->len > 0 && is_blank(part->p[part->len - 1]))
		part->len--;
	return *p == '\0' ? NULL : p + 1;
}

static bool
is(const struct part *part, const char *text)
{
	return part->len == strlen(text) &&
	    strncasecmp(part->p, text, part->len) == 0;
}

static bool
begins(const struct part *part, const char *text)
{
	size_t len = strlen(text);

	return part->len >= len && strncasecmp(part->p, text, len) == 0;
}

/* Three decimals at most; what is no weight is as good as none given. */
static unsigned
weight(const char *p, size_t len)
{
	unsigned q, scale = 100;

	if (len == 0 || *p != '0')
		return 1000;
	for (q = 0, p += 2, len -= len < 2 ? len : 2; len > 0 && scale > 0 &&
	    *p >= '0' && *p <= '9'; p++, len--, scale /= 10)
		q += (unsigned)(*p - '0') * scale;
	return q;
}

/* The parameters of a range: its weight, and whether its version is that. */
static unsigned
parameters(const char *p, size_t len, const char *version, bool *fits)
{
	char text[256];
	struct part part;
	unsigned q = 1000;

	*fits = true;
	if (len >= sizeof text)
		return 0;
	memcpy(text, p, len);
	text[len] = '\0';
	for (p = text; p != NULL;) {
		p = next(p, ';', &part);
		if (begins(&part, "q="))
			q = weight(part.p + 2, part.len - 2);
		else if (begins(&part, "version=") &&
		    !(part.len - 8 == strlen(version) &&
		    memcmp(part.p + 8, version, part.len - 8) == 0))
			*fits = false;
	}
	return q;
}

/* How closely a range names a media type; 0: not at all. */
static unsigned
closeness(const struct part *range, const char *type, const char *family)
{
	if (is(range, type))
		return 3;
	if (is(range, family))
		return 2;
	return is(range, "*/*") ? 1 : 0;
}

static void
like(struct accept_liking *l, const struct part *all, const char *type,
    const char *family, const char *version)
{
	const char *end = memchr(all->p, ';', all->len);
	size_t len = end != NULL ? (size_t)(end - all->p) : all->len;
	struct part range = { all->p, len };
	unsigned close, q = 1000;
	bool fits = true;

	while (range.len > 0 && is_blank(range.p[range.len - 1]))
		range.len--;
	if ((close = closeness(&range, type, family)) == 0)
		return;
	if (end != NULL)
		q = parameters(end + 1, all->len - len - 1, version, &fits);
	if (!fits || close < l->closeness ||
	    (close == l->closeness && q <= l->q))
		return;
	*l = (struct accept_liking){ close, q };
}

struct accept_liking
accept_like(const char *accept, const char *type, const char *version)
{
	struct accept_liking l = { 0, 0 };
	char family[FAMILY];
	struct part range;

	snprintf(family, sizeof family, "%.*s/*", (int)strcspn(type, "/"),
	    type);
	while (accept != NULL) {
		accept = next(accept, ',', &range);
		like(&l, &range, type, family, version);
	}
	return l;
}
