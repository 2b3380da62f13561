/* SPDX-License-Identifier: ISC */
#include "hint/sse_scan.h"

#include <string.h>

enum state {
	SSE_NAME,		/* a line begins, or goes on to its colon */
	SSE_BLANK,		/* behind the colon one is skipped */
	SSE_DATA,
	SSE_OTHER,		/* a field that is not data, a comment */
};

void
sse_scan_init(struct sse_scan *s, struct json_scan *json)
{
	*s = (struct sse_scan){ .json = json, .state = SSE_NAME };
}

static bool
is_data(const struct sse_scan *s)
{
	const char *name = s->name;
	size_t n = s->len;

	/* a byte order mark may stand before the first */
	if (n == 7 && memcmp(name, "\xef\xbb\xbf", 3) == 0) {
		name += 3;
		n -= 3;
	}
	return n == 4 && memcmp(name, "data", 4) == 0;
}

/* Lines of data are joined by line feeds. */
static void
begin_data(struct sse_scan *s)
{
	if (s->data && s->passed)
		/* its first line was not kept */
		json_scan_push(s->json, "]", 1);
	else if (s->data)
		json_scan_push(s->json, "\n", 1);
	else
		json_scan_init(s->json, s->json->paths);
	s->data = true;
	s->passed = false;
}

/* Most events are a word or two, and say nothing of what was used. */
static void
read_data(struct sse_scan *s, const char *p, size_t n, bool whole, bool first)
{
	s->passed = first && whole && n > 1 && p[0] == '{' &&
	    p[n - 1] == '}' && !json_scan_may_find(s->json->paths, p, n);
	if (!s->passed)
		json_scan_push(s->json, p, n);
}

static void
end_line(struct sse_scan *s, const struct sse_scan_events *to)
{
	bool blank = s->state == SSE_NAME && s->len == 0;

	if (s->state == SSE_NAME && is_data(s))
		begin_data(s);
	s->state = SSE_NAME;
	s->len = 0;
	if (!blank || !s->data)
		return;
	to->event(s->json, s->passed || json_scan_end(s->json), to->arg);
	s->data = false;
}

static void
read_name(struct sse_scan *s, char c)
{
	if (c != ':') {
		/* what is longer is none that matters */
		if (s->len < sizeof s->name)
			s->name[s->len++] = c;
		return;
	}
	s->state = SSE_OTHER;
	if (is_data(s)) {
		begin_data(s);
		s->state = SSE_BLANK;
	}
}

/* How many bytes of a line are left in a piece. */
static size_t
line_of(const char *p, size_t n)
{
	const char *end = memchr(p, '\n', n);

	if (end != NULL)
		n = (size_t)(end - p);
	end = memchr(p, '\r', n);
	return end != NULL ? (size_t)(end - p) : n;
}

static size_t
read_line(struct sse_scan *s, const char *p, size_t n, bool whole)
{
	bool began = s->data, first = false;
	size_t i = 0;

	while (i < n && s->state == SSE_NAME)
		read_name(s, p[i++]);
	if (i < n && s->state == SSE_BLANK) {
		s->state = SSE_DATA;
		i += p[i] == ' ';
		first = !began;
	}
	if (i < n && s->state == SSE_DATA)
		read_data(s, p + i, n - i, whole, first);
	return n;
}

void
sse_scan_push(struct sse_scan *s, const char *p, size_t n,
    const struct sse_scan_events *to)
{
	size_t off = 0, len;

	while (off < n) {
		if (p[off] == '\n' && s->cr) {
			s->cr = false;
			off++;
			continue;
		}
		s->cr = false;
		len = line_of(p + off, n - off);
		off += read_line(s, p + off, len, off + len < n);
		if (off == n)
			break;
		s->cr = p[off++] == '\r';
		end_line(s, to);
	}
}
