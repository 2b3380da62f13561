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
sse_scan_init(struct sse_scan *s, struct json_scan *json,
    sse_scan_event *event, void *arg)
{
	*s = (struct sse_scan){ .json = json, .event = event, .arg = arg };
}

static bool
is_data(const struct sse_scan *s)
{
	const char *name = s->name;
	size_t n = s->at.len;

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
	if (s->at.data)
		json_scan_push(s->json, "\n", 1);
	else
		json_scan_init(s->json, s->json->paths);
	s->fresh = !s->at.data;
	s->at.data = true;
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
end_line(struct sse_scan *s)
{
	bool blank = s->at.state == SSE_NAME && s->at.len == 0, whole;

	if (s->at.state == SSE_NAME && is_data(s))
		begin_data(s);
	s->at.state = SSE_NAME;
	s->at.len = 0;
	if (!blank || !s->at.data)
		return;
	whole = json_scan_end(s->json);
	if (whole || s->object)
		s->event(whole ? s->json : NULL, s->arg);
	s->at.data = s->object = false;
}

static void
read_name(struct sse_scan *s, char c)
{
	if (c != ':') {
		/* what is longer is none that matters */
		if (s->at.len < sizeof s->name)
			s->name[s->at.len++] = c;
		return;
	}
	s->at.state = SSE_OTHER;
	if (is_data(s)) {
		begin_data(s);
		s->at.state = SSE_BLANK;
	}
}

size_t
sse_line_of(const char *p, size_t n)
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

	/* "data", maybe behind a byte order mark */
	if (n > 0 && s->at.state == SSE_NAME && s->at.len == 0 &&
	    p[0] != 'd' && p[0] != '\xef')
		s->at.state = SSE_OTHER;
	while (i < n && s->at.state == SSE_NAME)
		read_name(s, p[i++]);
	if (i < n && s->at.state == SSE_BLANK) {
		s->at.state = SSE_DATA;
		i += p[i] == ' ';
	}
	if (i < n && s->at.state == SSE_DATA)
		read_data(s, p + i, n - i);
}

/* Whether a text is the JSON of an event which says nothing of what was used. */
static bool
says_nothing(const struct sse_scan *s, const char *p, size_t n)
{
	const struct json_scan_paths *paths = s->json->paths;

	return json_scan_is_plain(paths, p, n) ||
	    (memchr(p, '\r', n) == NULL && !json_scan_may_find(paths, p, n));
}

static bool
is_between(const struct sse_scan *s)
{
	static const struct sse_scan_place between = { .state = SSE_NAME };

	return memcmp(&s->at, &between, sizeof between) == 0;
}

/* Where the JSON of a line of data begins which has an object; else NULL. */
static const char *
object_of(const char *p, const char *end)
{
	if (end - p < 9 || memcmp(p, "data:", 5) != 0)
		return NULL;
	p += p[5] == ' ' ? 6 : 5;
	return *p == '{' ? p : NULL;
}

/*
 * Most events are one line of data with a word or two.  Returns what is behind
 * one, if that is here and says nothing; else NULL.
 */
static const char *
pass_event(const struct sse_scan *s, const char *p, const char *end)
{
	const char *last;
	size_t eol;

	if (!is_between(s) || (p = object_of(p, end)) == NULL ||
	    (last = memchr(p, '\n', (size_t)(end - p))) == NULL)
		return NULL;
	eol = last[-1] == '\r' ? 2 : 1;
	last -= eol - 1;
	/* an empty line follows, with the same end */
	if ((size_t)(end - last) < 2 * eol ||
	    memcmp(last, last + eol, eol) != 0 ||
	    !says_nothing(s, p, (size_t)(last - p)))
		return NULL;
	return last + 2 * eol;
}

/* Whether it is one of these, and nothing else, as a model writes. */
static bool
is_one_event(const struct sse_scan *s, const char *p, size_t n)
{
	const char *end = p + n;

	return is_between(s) && (p = object_of(p, end)) != NULL &&
	    end[-1] == '\n' && end[-2] == '\n' &&
	    json_scan_is_plain(s->json->paths, p, (size_t)(end - p) - 2);
}

static void __attribute__((noinline))
read_all(struct sse_scan *s, const char *p, size_t n)
{
	const char *end = p + n, *behind;
	size_t len;

	while (p < end) {
		if ((behind = pass_event(s, p, end)) != NULL) {
			s->event(NULL, s->arg);
			p = behind;
			continue;
		}
		if (*p == '\n' && s->at.cr) {
			s->at.cr = false;
			p++;
			continue;
		}
		s->at.cr = false;
		len = sse_line_of(p, (size_t)(end - p));
		read_line(s, p, len);
		p += len;
		if (p == end)
			break;
		s->at.cr = *p++ == '\r';
		end_line(s);
	}
}

void
sse_scan_push(struct sse_scan *s, const char *p, size_t n)
{
	if (is_one_event(s, p, n))
		s->event(NULL, s->arg);
	else
		read_all(s, p, n);
}
