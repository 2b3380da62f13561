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
	if (s->data)
		json_scan_push(s->json, "\n", 1);
	else
		json_scan_init(s->json, s->json->paths);
	s->fresh = !s->data;
	s->data = true;
}

static void
read_data(struct sse_scan *s, const char *p, size_t n)
{
	if (s->fresh)
		s->object = p[0] == '{';
	s->fresh = false;
	json_scan_push(s->json, p, n);
}

static void
end_line(struct sse_scan *s, const struct sse_scan_events *to)
{
	bool blank = s->state == SSE_NAME && s->len == 0, whole;

	if (s->state == SSE_NAME && is_data(s))
		begin_data(s);
	s->state = SSE_NAME;
	s->len = 0;
	if (!blank || !s->data)
		return;
	whole = json_scan_end(s->json);
	if (whole || s->object)
		to->event(whole ? s->json : NULL, to->arg);
	s->data = s->object = false;
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

static void
read_line(struct sse_scan *s, const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && s->state == SSE_NAME)
		read_name(s, p[i++]);
	if (i < n && s->state == SSE_BLANK) {
		s->state = SSE_DATA;
		i += p[i] == ' ';
	}
	if (i < n && s->state == SSE_DATA)
		read_data(s, p + i, n - i);
}

/*
 * Most events are one line of data with a word or two, which say nothing of what
 * was used.  Returns what is behind one, if that is here; else NULL.
 */
static const char *
pass_event(const struct sse_scan *s, const char *p, const char *end)
{
	const char *last;
	size_t eol;

	if (s->state != SSE_NAME || s->len > 0 || s->data || s->cr ||
	    end - p < 9 || memcmp(p, "data:", 5) != 0)
		return NULL;
	p += p[5] == ' ' ? 6 : 5;
	if (*p != '{' || (last = memchr(p, '\n', (size_t)(end - p))) == NULL)
		return NULL;
	eol = last[-1] == '\r' ? 2 : 1;
	last -= eol - 1;
	/* an empty line follows, with the same end */
	if ((size_t)(end - last) < 2 * eol ||
	    memcmp(last, last + eol, eol) != 0 ||
	    memchr(p, '\r', (size_t)(last - p)) != NULL ||
	    json_scan_may_find(s->json->paths, p, (size_t)(last - p)))
		return NULL;
	return last + 2 * eol;
}

void
sse_scan_push(struct sse_scan *s, const char *p, size_t n,
    const struct sse_scan_events *to)
{
	const char *end = p + n, *behind;
	size_t len;

	while (p < end) {
		if ((behind = pass_event(s, p, end)) != NULL) {
			to->event(NULL, to->arg);
			p = behind;
			continue;
		}
		if (*p == '\n' && s->cr) {
			s->cr = false;
			p++;
			continue;
		}
		s->cr = false;
		len = line_of(p, (size_t)(end - p));
		read_line(s, p, len);
		p += len;
		if (p == end)
			break;
		s->cr = *p++ == '\r';
		end_line(s, to);
	}
}
