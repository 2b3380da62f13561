/* SPDX-License-Identifier: ISC */
#include "http/http1_line.h"

#include <string.h>

#include "http/http1_class.h"

enum http1_error
http1_wrong_byte(char c)
{
	switch (c) {
	case '\0':
		return HTTP1_NUL;
	case '\r':
		return HTTP1_BARE_CR;
	case '\n':
		return HTTP1_BARE_LF;
	default:
		return HTTP1_BAD_BYTE;
	}
}

enum http1_error
http1_line_next(const char **p, const char *end, struct http1_str *line)
{
	const char *stop = http1_plain(*p, end);

	if (end - stop < 2 || stop[0] != '\r' || stop[1] != '\n')
		return stop < end ? http1_wrong_byte(*stop) : HTTP1_BAD_LINE;
	line->p = *p;
	line->len = (size_t)(stop - *p);
	*p = stop + 2;
	return HTTP1_OK;
}

bool
http1_line_word(struct http1_str *line, struct http1_str *word)
{
	const char *sp = memchr(line->p, ' ', line->len);

	if (sp == NULL)
		return false;
	word->p = line->p;
	word->len = (size_t)(sp - line->p);
	line->p += word->len + 1;
	line->len -= word->len + 1;
	return true;
}

enum http1_error
http1_line_version(struct http1_str s, unsigned *minor)
{
	if (s.len != 8 || memcmp(s.p, "HTTP/", 5) != 0 || s.p[6] != '.' ||
	    s.p[5] < '0' || s.p[5] > '9' || s.p[7] < '0' || s.p[7] > '9')
		return HTTP1_BAD_VERSION;
	if (s.p[5] != '1')
		return HTTP1_UNKNOWN_VERSION;
	*minor = s.p[7] == '0' ? 0 : 1;
	return HTTP1_OK;
}
