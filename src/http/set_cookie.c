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

/* Returns false where a part is no attribute.  Without "=" its value is "". */
static bool
take_attribute(struct http1_str part, struct http1_str *name,
    struct http1_str *value)
{
	const char *end;
	size_t len;

	if (part.len == 0 || *part.p != ';')
		return false;
	part.p++;
	part.len--;
	end = memchr(part.p, '=', part.len);
	len = end != NULL ? (size_t)(end - part.p) : part.len;
	*name = http1_str_trim((struct http1_str){ part.p, len });
	len += end != NULL;
	*value = http1_str_trim((struct http1_str){ part.p + len,
	    part.len - len });
	return true;
}

bool
set_cookie_is_secure(struct http1_str part)
{
	struct http1_str name, value;

	return take_attribute(part, &name, &value) &&
	    http1_str_is(name, "secure");
}

bool
set_cookie_is_cross_site(struct http1_str part)
{
	struct http1_str name, value;

	return take_attribute(part, &name, &value) &&
	    (http1_str_is(name, "partitioned") ||
	    (http1_str_is(name, "samesite") && http1_str_is(value, "none")));
}

bool
set_cookie_has_secure(struct http1_str value)
{
	struct http1_str part;

	while (set_cookie_next(&value, &part))
		if (set_cookie_is_secure(part))
			return true;
	return false;
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
