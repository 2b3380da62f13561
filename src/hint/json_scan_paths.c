/* SPDX-License-Identifier: ISC */
#include "hint/json_scan_paths.h"

#include <string.h>

/* What is too long for a key, or too far away, has a length that none has. */
static struct json_scan_step
step_at(const char *path, size_t at)
{
	size_t n = strcspn(path + at, ".");
	bool any = n == 1 && path[at] == '*';

	if (n > JSON_SCAN_KEY || at > UINT16_MAX)
		n = JSON_SCAN_KEY;
	return (struct json_scan_step){
		.lengths = any ? UINT64_MAX : (uint64_t)1 << n % 64,
		.at = (uint16_t)at,
		.len = (uint8_t)n,
		.any = any,
	};
}

/* Returns whether there is room for the steps of one, and sets them. */
static bool
set_steps(struct json_scan_paths *paths, const char *path)
{
	unsigned n = paths->nsteps;
	size_t at = 0;

	do {
		if (n == JSON_SCAN_STEPS)
			return false;
		paths->steps[n++] = step_at(path, at);
		at += strcspn(path + at, ".") + 1;
	} while (path[at - 1] != '\0');
	paths->steps[n - 1].last = true;
	paths->first[paths->n] = paths->nsteps;
	paths->nsteps = (uint16_t)n;
	return true;
}

int
json_scan_append(struct json_scan_paths *paths, const char *path)
{
	if (paths->n == JSON_SCAN_PATHS || !set_steps(paths, path))
		return -1;
	paths->all[paths->n] = path;
	return (int)paths->n++;
}

int
json_scan_add(struct json_scan_paths *paths, const char *path)
{
	unsigned i;

	for (i = 0; i < paths->n; i++)
		if (strcmp(paths->all[i], path) == 0)
			return (int)i;
	return json_scan_append(paths, path);
}

/*
 * The mark is how all last keys end, with the quote behind them: what vendors
 * count as tokens ends in "_tokens" or "TokenCount".  It is searched for by the
 * one of its bytes that JSON and English have least of.
 */

#define MARK_LEAST	4	/* bytes; what is shorter is all over */

static const char *
last_key(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot != NULL ? dot + 1 : path;
}

/* Whether there is one way, but for \u, to spell a byte in a string. */
static bool
is_spelled_once(char c)
{
	return (unsigned char)c > 0x20 && c != '"' && c != '\\' && c != '/';
}

/* How many bytes at the end of two texts are the same, and spelled once. */
static size_t
same_end(const char *a, size_t na, const char *b, size_t nb)
{
	size_t n = 0;

	while (n < na && n < nb && a[na - 1 - n] == b[nb - 1 - n] &&
	    is_spelled_once(a[na - 1 - n]))
		n++;
	return n;
}

/* Bytes by how often they are seen, the most frequent first; others less. */
static size_t
rarity(char c)
{
	static const char often[] =
	    "\"e taoinsrhld,:cumfpgwybv_.0123456789-k{}[]/";
	const char *at = strchr(often, c);

	return at != NULL ? (size_t)(at - often) : sizeof often;
}

/* How many bytes the last keys have in common at their ends. */
static size_t
common_end(const struct json_scan_paths *paths)
{
	const char *key, *first = last_key(paths->all[0]);
	size_t len = strlen(first), n = len;
	unsigned i;

	for (i = 0; i < paths->n; i++) {
		key = last_key(paths->all[i]);
		if (strcmp(key, "*") == 0)
			return 0;
		n = same_end(first + len - n, n, key, strlen(key));
	}
	return n;
}

void
json_scan_ready(struct json_scan_paths *paths)
{
	struct json_scan_mark *mark = &paths->mark;
	size_t i, n = paths->n > 0 ? common_end(paths) : 0;
	const char *first;

	mark->len = mark->rare = 0;
	if (n + 1 < MARK_LEAST || n >= JSON_SCAN_KEY)
		return;
	first = last_key(paths->all[0]);
	memcpy(mark->text, first + strlen(first) - n, n);
	mark->text[n] = '"';
	mark->len = (uint8_t)(n + 1);
	for (i = 1; i + 1 < mark->len; i++)
		if (rarity(mark->text[i]) > rarity(mark->text[mark->rare]))
			mark->rare = (uint8_t)i;
}

/* A key may be spelled so. */
static bool
has_unicode_escape(const char *p, size_t n)
{
	const char *end = p + n;

	while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
		if (end - p < 2 || p[1] == 'u')
			return true;
		p += 2;
	}
	return false;
}

static bool
has_mark(const struct json_scan_mark *mark, const char *p, size_t n)
{
	const char *at = p + mark->rare, *end;

	if (n < mark->len)
		return false;
	end = p + n - mark->len + mark->rare + 1;
	while (at < end &&
	    (at = memchr(at, mark->text[mark->rare], (size_t)(end - at)))) {
		if (memcmp(at - mark->rare, mark->text, mark->len) == 0)
			return true;
		at++;
	}
	return false;
}

/*
 * One look for all of that, many bytes at a time, where the processor can: the C
 * library looks for one byte only, and a stream has thousands of short events.
 */
#ifdef __x86_64__
typedef signed char bytes __attribute__((vector_size(32)));
typedef uint64_t words __attribute__((vector_size(32)));

#define AVX2 __attribute__((target("avx2"), always_inline))

/* Ends of lines, escapes, and two bytes of the mark, of those at a place. */
static inline bytes AVX2
marks_at(const char *p, char rare, char next)
{
	bytes b, behind;

	memcpy(&b, p, sizeof b);
	memcpy(&behind, p + 1, sizeof behind);
	return ((b & (signed char)0xe0) == 0) | (b == '\\') |
	    ((b == rare) & (behind == next));
}

static bool __attribute__((target("avx2")))
is_plain(const struct json_scan_mark *mark, const char *p, size_t n)
{
	const char *last = p + n - sizeof(bytes) - 1;
	char rare = mark->text[mark->rare], next = mark->text[mark->rare + 1];
	bytes found = marks_at(last, rare, next);
	words w;

	for (; p < last; p += sizeof found)
		found |= marks_at(p, rare, next);
	w = (words)found;
	return (w[0] | w[1] | w[2] | w[3]) == 0;
}

bool
json_scan_is_plain(const struct json_scan_paths *paths, const char *p,
    size_t n)
{
	return paths->mark.len > 0 && n > sizeof(bytes) && p[n - 1] == '}' &&
	    __builtin_cpu_supports("avx2") && is_plain(&paths->mark, p, n);
}
#else
bool
json_scan_is_plain(const struct json_scan_paths *paths, const char *p,
    size_t n)
{
	(void)paths;
	(void)p;
	(void)n;
	return false;
}
#endif

bool
json_scan_may_find(const struct json_scan_paths *paths, const char *p,
    size_t n)
{
	return paths->mark.len == 0 || has_mark(&paths->mark, p, n) ||
	    has_unicode_escape(p, n);
}
