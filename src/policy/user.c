/* SPDX-License-Identifier: ISC */
#include "policy/user.h"

#include <string.h>

#include "base/base64.h"
#include "http/http1_head.h"

/* Characters of a name and a password, encoded. */
#define BASIC_MAX	(USER_NAME * 2 / 3 * 4)

/* What stands behind the scheme, where that is Basic. */
static bool
basic_of(const struct http1_head *h, struct http1_str *encoded)
{
	static const char scheme[] = "basic ";
	const struct http1_field *f = http1_find(h, HTTP1_PROXY_AUTHORIZATION);
	struct http1_str word;

	if (f == NULL || f->value.len < sizeof scheme)
		return false;
	word = f->value;
	word.len = sizeof scheme - 1;
	if (!http1_str_is(word, scheme))
		return false;
	encoded->p = f->value.p + word.len;
	encoded->len = f->value.len - word.len;
	return true;
}

bool
user_read(const struct http1_head *h, char user[USER_NAME])
{
	char plain[BASE64_PLAIN(BASIC_MAX)];
	bool found = false;
	struct http1_str encoded;
	const char *colon;
	size_t n, len;

	if (!basic_of(h, &encoded) || encoded.len > BASIC_MAX ||
	    encoded.len % 4 != 0)
		return false;
	n = base64_decode(plain, encoded.p, encoded.len);
	colon = memchr(plain, ':', n);
	len = colon != NULL ? (size_t)(colon - plain) : 0;
	if (colon != NULL && len < USER_NAME &&
	    memchr(plain, '\0', len) == NULL) {
		memcpy(user, plain, len);
		user[len] = '\0';
		found = true;
	}
	explicit_bzero(plain, sizeof plain);
	return found;
}
