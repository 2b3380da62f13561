/* SPDX-License-Identifier: ISC */
#include "http/http1_str.h"

#include <string.h>

#include "http/http1_class.h"

bool
http1_str_like(const char *p, const char *q, size_t len)
{
	return http1_same(p, q, len);
}

bool
http1_is_token(const char *p, size_t len)
{
	return len > 0 && http1_span(p, len, HTTP1_TCHAR) == len;
}

struct http1_str
http1_str_trim(struct http1_str s)
{
	while (s.len > 0 && http1_is_blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && http1_is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}
