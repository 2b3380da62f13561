/* SPDX-License-Identifier: ISC */

/*
 * Lines: the first is a path, the others are patterns.  What is taken is
 * ordered, and matches the same whichever way it is written.  All readings of
 * the path are what a slow model of them says.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/path_char.h"
#include "policy/path_reading.h"

#define PATTERNS	16

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static int
sign(int n)
{
	return (n > 0) - (n < 0);
}

static void
check_pattern(const struct path_pattern *pattern, const char *text, size_t len)
{
	require(pattern->text.p == text && pattern->text.len <= len);
	require(pattern->nsegments <= PATH_SEGMENTS);
	require(pattern->nliterals <= pattern->nsegments);
	require(path_pattern_compare(pattern, pattern) == 0);
}

/* Without * and ** a pattern is a path, and matches itself. */
static void
check_self(const struct path_pattern *pattern)
{
	struct path path;

	if (pattern->rest || pattern->nliterals < pattern->nsegments)
		return;
	require(path_split(&path, pattern->text));
	require(path.n == pattern->nsegments);
	require(path_pattern_match(pattern, &path));
}

static void
check_order(const struct path_pattern *patterns, size_t n)
{
	size_t i, j, k;
	int ij, jk;

	for (i = 0; i < n; i++) {
		for (j = 0; j < n; j++) {
			ij = path_pattern_compare(&patterns[i], &patterns[j]);
			require(sign(ij) == -sign(path_pattern_compare(
			    &patterns[j], &patterns[i])));
			for (k = 0; k < n; k++) {
				jk = path_pattern_compare(&patterns[j],
				    &patterns[k]);
				require(ij > 0 || jk > 0 ||
				    path_pattern_compare(&patterns[i],
				    &patterns[k]) <= 0);
			}
		}
	}
}

/* All bytes but slashes encoded, and each slash twice: the same path. */
static void
encode(struct http1_str s, char *out, size_t *len)
{
	static const char digits[] = "0123456789abcdef";
	size_t i, n = 0;

	for (i = 0; i < s.len && s.p[i] != '?' && s.p[i] != '#'; i++) {
		if (s.p[i] == '/') {
			memcpy(out + n, "//", 2);
			n += 2;
		} else if (s.p[i] == '%') {
			out[n++] = '%';
		} else if (i > 0 && (s.p[i - 1] == '%' ||
		    (i > 1 && s.p[i - 2] == '%'))) {
			out[n++] = s.p[i];
		} else {
			out[n++] = '%';
			out[n++] = digits[(unsigned char)s.p[i] >> 4];
			out[n++] = digits[(unsigned char)s.p[i] & 15];
		}
	}
	*len = n;
}

static void
check_match(const struct path_pattern *patterns, size_t n, struct http1_str s)
{
	struct path path, again;
	struct http1_str other;
	char *text = malloc(3 * s.len + 1);
	size_t i;

	require(text != NULL);
	encode(s, text, &other.len);
	other.p = text;
	if (path_split(&path, s)) {
		require(path_split(&again, other));
		require(path.n == again.n);
		for (i = 0; i < n; i++)
			require(path_pattern_match(&patterns[i], &path) ==
			    path_pattern_match(&patterns[i], &again));
	}
	free(text);
}

/* The model: a path in characters, its segments in an array. */

#define RAW		0x200	/* not encoded, and blank in Latin-1 */

struct model {
	int		*chars;		/* of the path, ended by -1 */
	size_t		*begin;		/* of each segment, in chars */
	size_t		*len;
	size_t		 n;
};

static bool
is_slash(int c, unsigned way)
{
	return c == '/' ||
	    (c == ('/' | PATH_ENCODED) && (way & PATH_SLASHES) != 0) ||
	    (c == '\\' && (way & PATH_BACKSLASHES) != 0);
}

static bool
are(const int *chars, size_t len, const char *text)
{
	size_t i;

	for (i = 0; i < len && text[i] != '\0'; i++)
		if (chars[i] != text[i])
			return false;
	return i == len && text[i] == '\0';
}

/* Behind a byte that is not ASCII the raw ones are no blanks. */
static size_t
without_raw(const int *chars, size_t len)
{
	size_t n = len;

	while (n > 0 && (chars[n - 1] & RAW) != 0)
		n--;
	return n == 0 || (chars[n - 1] & 0xff) < 0x80 ? n : len;
}

static size_t
trimmed(const int *chars, size_t len, const char *what)
{
	size_t before;

	do {
		before = len;
		while (len > 0 && chars[len - 1] > 0 && chars[len - 1] < 0x80 &&
		    strchr(what, chars[len - 1]) != NULL)
			len--;
		len = without_raw(chars, len);
	} while (len != before);
	return len;
}

static void
add(struct model *m, size_t begin, size_t len, unsigned way)
{
	const int *chars = m->chars + begin;
	bool dots, resolve = (way & PATH_DOTS) == 0;
	size_t i;

	for (i = 0; (way & PATH_PARAMETERS) != 0 && i < len; i++)
		if (chars[i] == ';')
			len = i;
	if (way & PATH_ENDS)
		len = trimmed(chars, len, " \t");
	dots = are(chars, len, ".") || are(chars, len, "..");
	if (dots && resolve) {
		if (len == 2 && m->n > 0)
			m->n--;
		return;
	}
	if ((way & PATH_ENDS) != 0 && !dots)
		len = trimmed(chars, len, ". \t");
	if (len == 0 && (way & PATH_EMPTY) == 0)
		return;
	m->begin[m->n] = begin;
	m->len[m->n++] = len;
}

static void
read_as(struct model *m, struct http1_str s, unsigned way)
{
	size_t n = 0, i, begin = 1, kept = 0;
	const char *p = s.p;

	for (; (m->chars[n] = path_next_char(&s)) != -1; n++, p = s.p)
		if (s.p - p == 1 && (m->chars[n] == 0x85 ||
		    m->chars[n] == 0xa0))
			m->chars[n] |= RAW;
	for (i = 0; (way & PATH_ENDS) != 0 && i < n; i++)
		if (m->chars[i] == '\0')
			n = i;
	m->n = 0;
	for (i = 1; i <= n; i++) {
		if (i < n && !is_slash(m->chars[i], way))
			continue;
		add(m, begin, i - begin, way);
		begin = i + 1;
	}
	for (i = 0; i < m->n; i++) {
		if (m->len[i] == 0)
			continue;
		m->begin[kept] = m->begin[i];
		m->len[kept++] = m->len[i];
	}
	m->n = kept;
}

static bool
is_same(const struct model *m, const struct path *path)
{
	struct http1_str s;
	size_t i, j;

	if (path->n != m->n)
		return false;
	for (i = 0; i < m->n && i < PATH_SEGMENTS; i++) {
		s = path->segments[i];
		for (j = 0; j < m->len[i]; j++)
			if (path_next_char(&s) !=
			    (m->chars[m->begin[i] + j] & ~RAW))
				return false;
		if (s.len != 0)
			return false;
	}
	return true;
}

/* Each is what the model says, and they are all that it says. */
static void
check_all(struct path_readings *r, struct model *m)
{
	struct path paths[PATH_READINGS + 1];
	unsigned way, i, n = 0;

	for (way = 0; path_readings_next(r, &paths[n]); way = r->way) {
		read_as(m, r->path, way);
		require(is_same(m, &paths[n]));
		require(++n <= PATH_READINGS);
	}
	for (way = 0; way < 2 * PATH_DOTS; way++) {
		if ((way & PATH_DOTS) != 0 && (way & PATH_EMPTY) != 0)
			continue;
		read_as(m, r->path, way);
		for (i = 0; i < n && !is_same(m, &paths[i]); i++)
			continue;
		require(i < n);
	}
}

static void
check_readings(struct http1_str s)
{
	struct path_readings r;
	struct model m = {
		.chars = calloc(s.len + 2, sizeof *m.chars),
		.begin = calloc(s.len + 2, sizeof *m.begin),
		.len = calloc(s.len + 2, sizeof *m.len),
	};

	require(m.chars != NULL && m.begin != NULL && m.len != NULL);
	if (path_readings_start(&r, s) && !path_readings_too_long(&r))
		check_all(&r, &m);
	free(m.chars);
	free(m.begin);
	free(m.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct path_pattern patterns[PATTERNS];
	struct http1_str lines = { (const char *)data, size };
	struct http1_str line, path = { NULL, 0 };
	const char *end, *expected;
	size_t n = 0;

	while (lines.len > 0 && n < PATTERNS) {
		end = memchr(lines.p, '\n', lines.len);
		line.p = lines.p;
		line.len = end == NULL ? lines.len : (size_t)(end - lines.p);
		lines.p += line.len + (end != NULL);
		lines.len -= line.len + (end != NULL);
		if (path.p == NULL) {
			path = line;
			continue;
		}
		expected = path_pattern_parse(&patterns[n], line.p, line.len);
		if (expected != NULL)
			continue;
		check_pattern(&patterns[n], line.p, line.len);
		check_self(&patterns[n]);
		n++;
	}
	check_order(patterns, n);
	if (path.p != NULL) {
		check_match(patterns, n, path);
		check_readings(path);
	}
	return 0;
}
