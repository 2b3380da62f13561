/* SPDX-License-Identifier: ISC */
#include "policy/user.h"

#include <string.h>

#include "base/base64.h"
#include "http/http1_head.h"

/* Characters of a name and a password, encoded. */
#define BASIC_MAX	(USER_NAME * 2 / 3 * 4)

/*
 * What stands behind the scheme, where that is Basic, and one space or more
 * (RFC 9110 11.4).
 */
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
	while (encoded->len > 0 && *encoded->p == ' ') {
		encoded->p++;
		encoded->len--;
	}
	return true;
}

/* A text of n bytes into size; false where it is too long or holds a NUL. */
static bool
take(char *to, size_t size, const char *p, size_t n)
{
	if (n >= size || memchr(p, '\0', n) != NULL)
		return false;
	memcpy(to, p, n);
	to[n] = '\0';
	return true;
}

/* A name and, unless it is NULL, a password. */
static bool
read_both(const struct http1_head *h, char name[USER_NAME],
    char password[USER_PASSWORD])
{
	char plain[BASE64_PLAIN(BASIC_MAX)];
	struct http1_str encoded;
	const char *colon;
	size_t n, len;
	bool found;

	if (!basic_of(h, &encoded) || encoded.len > BASIC_MAX ||
	    encoded.len % 4 != 0)
		return false;
	n = base64_decode(plain, encoded.p, encoded.len);
	colon = memchr(plain, ':', n);
	len = colon != NULL ? (size_t)(colon - plain) : 0;
	found = colon != NULL && take(name, USER_NAME, plain, len) &&
	    (password == NULL || take(password, USER_PASSWORD, colon + 1,
	    n - len - 1));
	explicit_bzero(plain, sizeof plain);
	return found;
}

bool
user_read(const struct http1_head *h, char user[USER_NAME])
{
	return read_both(h, user, NULL);
}

bool
user_read_basic(const struct http1_head *h, struct user_basic *basic)
{
	return read_both(h, basic->name, basic->password);
}
