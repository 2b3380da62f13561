/* SPDX-License-Identifier: ISC */
#include "policy/path.h"

#include <string.h>

#include "policy/path_char.h"

/* As memcmp() does. */
static int
compare(struct http1_str a, struct http1_str b)
{
	int c, d;

	do {
		c = path_next_char(&a);
		d = path_next_char(&b);
	} while (c == d && c != -1);
	return c - d;
}

/* Takes the next segment off a string, with the slash before it. */
static struct http1_str
next_segment(struct http1_str *s)
{
	struct http1_str segment = { s->p + 1, s->len - 1 };
	const char *slash;

	slash = memchr(segment.p, '/', segment.len);
	if (slash != NULL)
		segment.len = (size_t)(slash - segment.p);
	s->p = segment.p + segment.len;
	s->len -= 1 + segment.len;
	return segment;
}

/*
 * What is beyond the last segment that is kept is counted only, so that ".."
 * finds its way back.
 */
static void
add_segment(struct path *path, struct http1_str segment)
{
	if (segment.len == 0)
		return;
	switch (path_dots(segment)) {
	case 1:
		break;
	case 2:
		if (path->n > 0)
			path->n--;
		break;
	default:
		if (path->n < PATH_SEGMENTS)
			path->segments[path->n] = segment;
		path->n++;
		break;
	}
}

bool
path_split(struct path *path, struct http1_str s)
{
	path->n = 0;
	if (!path_cut(&s))
		return false;
	while (s.len > 0)
		add_segment(path, next_segment(&s));
	return true;
}

static bool
is_star(struct http1_str segment)
{
	return segment.len == 1 && segment.p[0] == '*';
}

static bool
is_rest(struct http1_str segment)
{
	return segment.len == 2 && memcmp(segment.p, "**", 2) == 0;
}

/* NULL, or what was expected of the bytes. */
static const char *
check_bytes(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] == '?' || text[i] == '#')
			return "a path without a query";
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return "a path without control characters";
		if (text[i] == '%' && !path_is_encoded(text + i, text + len))
			return "two hexadecimal digits behind %";
	}
	return NULL;
}

static const char *
check_segment(struct http1_str segment)
{
	if (segment.len == 0)
		return "a path without // in it";
	if (path_dots(segment) != 0)
		return "a path without . and .. in it";
	if (!is_star(segment) &&
	    memchr(segment.p, '*', segment.len) != NULL)
		return "a * as a whole segment, or /** at the end";
	return NULL;
}

static const char *
parse_segments(struct path_pattern *pattern, struct http1_str s)
{
	struct http1_str segment;
	const char *expected;

	while (s.len > 0) {
		segment = next_segment(&s);
		if (s.len == 0 && (segment.len == 0 || is_rest(segment))) {
			pattern->rest = segment.len != 0;
			break;
		}
		expected = check_segment(segment);
		if (expected != NULL)
			return expected;
		if (pattern->nsegments == PATH_SEGMENTS)
			return "at most 32 segments";
		pattern->nsegments++;
		pattern->nliterals += !is_star(segment);
		pattern->text.len += 1 + segment.len;
	}
	return NULL;
}

const char *
path_pattern_parse(struct path_pattern *pattern, const char *text, size_t len)
{
	struct http1_str s = { text, len };
	const char *expected;

	memset(pattern, 0, sizeof *pattern);
	pattern->text.p = text;
	if (len == 0 || text[0] != '/')
		return "a path that begins with /";
	expected = check_bytes(text, len);
	if (expected != NULL)
		return expected;
	return parse_segments(pattern, s);
}

bool
path_pattern_match(const struct path_pattern *pattern, const struct path *path)
{
	struct http1_str left = pattern->text, segment;
	unsigned i;

	if (path->n < pattern->nsegments ||
	    (path->n > pattern->nsegments && !pattern->rest))
		return false;
	for (i = 0; i < pattern->nsegments; i++) {
		segment = next_segment(&left);
		if (!is_star(segment) &&
		    compare(segment, path->segments[i]) != 0)
			return false;
	}
	return true;
}

/* Of two with equally many segments. */
static int
compare_segments(struct http1_str a, struct http1_str b)
{
	struct http1_str s, t;
	int difference = 0;

	while (difference == 0 && a.len > 0 && b.len > 0) {
		s = next_segment(&a);
		t = next_segment(&b);
		difference = is_star(s) - is_star(t);
		if (difference == 0)
			difference = compare(s, t);
	}
	return difference;
}

int
path_pattern_compare(const struct path_pattern *a,
    const struct path_pattern *b)
{
	if (a->nliterals != b->nliterals)
		return a->nliterals > b->nliterals ? -1 : 1;
	if (a->rest != b->rest)
		return b->rest ? -1 : 1;
	if (a->nsegments != b->nsegments)
		return a->nsegments > b->nsegments ? -1 : 1;
	return compare_segments(a->text, b->text);
}
