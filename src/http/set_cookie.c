/* SPDX-License-Identifier: ISC */
#include "http/set_cookie.h"

#include "http/http1_class.h"

bool
set_cookie_next(struct http1_str *rest, struct http1_str *part)
{
	const char *end;

	if (rest->len == 0)
		return false;
	end = memchr(rest->p + 1, ';', rest->len - 1);
	part->p = rest->p;
	part->len = end != NULL ? (size_t)(end - rest->p) : rest->len;
	rest->p += part->len;
	rest->len -= part->len;
	return true;
}

bool
set_cookie_is_secure(struct http1_str part)
{
	const char *end;

	if (part.len == 0 || *part.p != ';')
		return false;
	part.p++;
	part.len--;
	if ((end = memchr(part.p, '=', part.len)) != NULL)
		part.len = (size_t)(end - part.p);
	return http1_str_is(http1_str_trim(part), "secure");
}

bool
set_cookie_needs_secure(struct http1_str value)
{
	static const char *const names[] = {
		"__secure-", "__host-", "__http-",
	};
	size_t i, len;

	value = http1_str_trim(value);
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		len = strlen(names[i]);
		if (value.len >= len && http1_same(value.p, names[i], len))
			return true;
	}
	return false;
}
