/* SPDX-License-Identifier: ISC */

/*
 * Lines: the first is a path, the others are patterns.  What is taken is
 * ordered, and matches the same whichever way it is written.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/path.h"

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
	if (path.p != NULL)
		check_match(patterns, n, path);
	return 0;
}
