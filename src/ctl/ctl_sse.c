/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_sse.h"

#include <stdio.h>
#include <string.h>

void
ctl_sse_free(struct ctl_sse *s)
{
	text_free(&s->line);
	text_free(&s->data);
}

/* The value of a line's field, if it is of that name; else NULL. */
static const char *
value_of(const struct text *line, const char *name, size_t *n)
{
	size_t len = strlen(name);
	const char *p = line->p;

	if (line->len < len || memcmp(p, name, len) != 0 ||
	    (line->len > len && p[len] != ':'))
		return NULL;
	len += line->len > len;
	len += line->len > len && p[len] == ' ';
	*n = line->len - len;
	return p + len;
}

static void
end_event(struct ctl_sse *s, void (*fn)(const char *, const char *, size_t,
    void *), void *arg)
{
	/* each line of data has a line end behind it; the last one goes */
	if (s->data.len > 0)
		fn(s->name, s->data.p, s->data.len - 1, arg);
	text_reset(&s->data);
	s->name[0] = '\0';
}

static void
take_line(struct ctl_sse *s, void (*fn)(const char *, const char *, size_t,
    void *), void *arg)
{
	const char *value;
	size_t n = 0;

	if (s->line.len == 0) {
		end_event(s, fn, arg);
	} else if ((value = value_of(&s->line, "data", &n)) != NULL) {
		text_put(&s->data, value, n);
		text_puts(&s->data, "\n");
	} else if ((value = value_of(&s->line, "event", &n)) != NULL) {
		snprintf(s->name, sizeof s->name, "%.*s", (int)n, value);
	}
	text_reset(&s->line);
}

/* A line ends with CR, LF or both. */
bool
ctl_sse_read(struct ctl_sse *s, const char *p, size_t n,
    void (*fn)(const char *, const char *, size_t, void *), void *arg)
{
	size_t i;

	for (i = 0; i < n && !s->failed; i++) {
		if (p[i] == '\n' && s->cr) {
			s->cr = false;
			continue;
		}
		s->cr = p[i] == '\r';
		if (p[i] == '\r' || p[i] == '\n')
			take_line(s, fn, arg);
		else
			text_put(&s->line, p + i, 1);
		s->failed = s->line.failed || s->data.failed ||
		    s->line.len > CTL_SSE_LINE || s->data.len > CTL_SSE_DATA;
	}
	return !s->failed;
}
