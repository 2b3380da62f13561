/* SPDX-License-Identifier: ISC */
#include "http/http1_scan.h"

#include "http/http1_class.h"
#include "http/http1_line.h"

static enum http1_result
scan_fail(struct http1_scan *s, enum http1_error error)
{
	s->error = error;
	return HTTP1_FAILED;
}

/*
 * Scanning never goes beyond the first byte that would be one too many, so
 * what it answers does not depend on how the bytes were cut up.
 */
enum http1_result
http1_scan(struct http1_scan *s, const char *buf, size_t len, size_t max,
    size_t line_max, size_t *end)
{
	const char *p = buf + s->seen;
	const char *stop;
	size_t limit;
	bool long_line;

	if (s->error != HTTP1_OK)
		return HTTP1_FAILED;
	for (;;) {
		limit = len < max ? len : max;
		long_line = s->lines == 0 && limit >= 2 &&
		    limit - 2 >= line_max;
		if (long_line)
			limit = line_max + 2;
		stop = buf + limit;
		if (s->seen < limit)
			p = http1_plain(p, stop);
		s->seen = (size_t)(p - buf);
		if (s->seen >= limit || (*p == '\r' && s->seen + 1 == limit))
			break;
		if (*p != '\r' || p[1] != '\n')
			return scan_fail(s, http1_wrong_byte(*p));
		p += 2;
		if (s->seen == s->line) {
			if (s->lines == 0)
				return scan_fail(s, HTTP1_BAD_LINE);
			s->seen += 2;
			*end = s->seen;
			return HTTP1_DONE;
		}
		s->seen += 2;
		s->line = s->seen;
		s->lines++;
	}
	if (long_line)
		return scan_fail(s, HTTP1_LONG_TARGET);
	return len > max ? scan_fail(s, HTTP1_LONG_HEAD) : HTTP1_MORE;
}

size_t
http1_skip_empty(const char *buf, size_t len)
{
	size_t n = 0;

	while (len - n >= 2 && buf[n] == '\r' && buf[n + 1] == '\n')
		n += 2;
	return n;
}
