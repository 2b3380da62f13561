/* SPDX-License-Identifier: ISC */
#include "policy/credential.h"

#include <string.h>

#include "base/base64.h"
#include "http/http1_class.h"

/*
 * A value is a scheme and what stands behind it.  That is one word (Bearer),
 * or names with values (Digest), of which the form is lenient: commas,
 * semicolons, ampersands or blanks between them, quotes or none; or a key's
 * name and a signature with a colon between them (AWS), which one word with a
 * colon is taken for, whatever its scheme, if what stands before that may be
 * the name of a key.
 */

#define KEY_NAME	8	/* bytes, at least, where it is guessed */

/* Of a value that is being read. */
enum form {
	TOKEN,			/* one word: by that, or by parameters */
	BASIC,
	PAIR,			/* name:signature */
	PARAMETERS,
	NOBODY,
};

/* Schemes, and the parameters that identify; lower case. */
static const struct scheme {
	const char	*name;
	enum form	 form;
	const char	*first;
	const char	*second;	/* or NULL */
} schemes[] = {
	{ "bearer", TOKEN, "token", NULL },
	{ "token", TOKEN, "token", NULL },
	{ "apikey", TOKEN, "key", NULL },
	{ "api-key", TOKEN, "key", NULL },
	{ "key", TOKEN, "key", NULL },
	{ "bot", TOKEN, "token", NULL },
	{ "dpop", TOKEN, "token", NULL },
	{ "geniekey", TOKEN, "key", NULL },
	{ "splunk", TOKEN, "token", NULL },
	{ "sso-key", TOKEN, "key", NULL },
	{ "jwt", TOKEN, "token", NULL },
	{ "ssws", TOKEN, "token", NULL },
	{ "client-id", TOKEN, "id", NULL },
	/* Google's and Salesforce's of old are one token */
	{ "oauth", TOKEN, "oauth_consumer_key", "oauth_token" },
	{ "basic", BASIC, NULL, NULL },
	{ "digest", PARAMETERS, "username", "realm" },
	{ "hawk", PARAMETERS, "id", NULL },
	{ "mac", PARAMETERS, "id", NULL },
	{ "signature", PARAMETERS, "keyid", NULL },
	{ "vapid", PARAMETERS, "k", NULL },
	{ "eg1-hmac-sha256", PARAMETERS, "client_token", "access_token" },
	{ "sharedaccesssignature", PARAMETERS, "skn", "sr" },
	{ "aws", PAIR, NULL, NULL },
	{ "goog1", PAIR, NULL, NULL },
	{ "oss", PAIR, NULL, NULL },
	{ "obs", PAIR, NULL, NULL },
	{ "sharedkey", PAIR, NULL, NULL },
	{ "sharedkeylite", PAIR, NULL, NULL },
	{ "apiauth", PAIR, NULL, NULL },
	{ "qbox", PAIR, NULL, NULL },
	{ "qiniu", PAIR, NULL, NULL },
	{ "acs", PAIR, NULL, NULL },
	{ "ucloud", PAIR, NULL, NULL },
	{ "upyun", PAIR, NULL, NULL },
	/* their proof is for the connection, and says nobody's name */
	{ "ntlm", NOBODY, NULL, NULL },
	{ "negotiate", NOBODY, NULL, NULL },
	{ "kerberos", NOBODY, NULL, NULL },
};

/* What names a key in signatures of schemes that are made alike. */
static const char *const key_names[] = {
	"credential", "keyid", "awsaccesskeyid", "access_key", "access", "id",
	"username", "q-ak",
};

static struct http1_str
trim(struct http1_str s)
{
	while (s.len > 0 && http1_is_blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && http1_is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

static struct http1_str
text_of(const char *text)
{
	struct http1_str s = { text, strlen(text) };

	return s;
}

/* There is room: no form has more than three. */
static void
add_piece(struct credential *c, struct http1_str piece)
{
	c->pieces[c->npieces++] = piece;
}

/* Room for what is decoded; cut where there is not enough. */
static char *
room(struct credential *c, size_t *len)
{
	if (*len > sizeof c->text - c->used)
		*len = sizeof c->text - c->used;
	return c->text + c->used;
}

static struct http1_str
keep(struct credential *c, size_t len)
{
	struct http1_str kept = { c->text + c->used, len };

	c->used += len;
	return kept;
}

/* Takes the first word off; what follows has no blanks before it. */
static struct http1_str
take_word(struct http1_str *s)
{
	struct http1_str word = *s;

	word.len = 0;
	while (word.len < s->len && !http1_is_blank(s->p[word.len]))
		word.len++;
	s->p += word.len;
	s->len -= word.len;
	*s = trim(*s);
	return word;
}

/* Parameters */

static bool
is_separator(char c)
{
	return http1_is_blank(c) || c == ',' || c == ';' || c == '&';
}

static struct http1_str
take_until(const char **p, const char *end, bool name)
{
	struct http1_str s = { *p, 0 };

	while (*p < end && !is_separator(**p) && !(name && **p == '='))
		(*p)++;
	s.len = (size_t)(*p - s.p);
	return s;
}

/* What stands between quotes, as it stands there. */
static struct http1_str
take_quoted(const char **p, const char *end)
{
	struct http1_str s = { ++*p, 0 };

	for (; *p < end && **p != '"'; (*p)++)
		if (**p == '\\' && *p + 1 < end)
			(*p)++;
	s.len = (size_t)(*p - s.p);
	if (*p < end)
		(*p)++;
	return s;
}

static void
skip_blanks(const char **p, const char *end)
{
	while (*p < end && http1_is_blank(**p))
		(*p)++;
}

/* The next one; its value's p is NULL where it has none. */
static bool
next_parameter(const char **p, const char *end, struct http1_str *name,
    struct http1_str *value)
{
	const char *equals;

	while (*p < end && is_separator(**p))
		(*p)++;
	if (*p == end)
		return false;
	*name = take_until(p, end, true);
	value->p = NULL;
	value->len = 0;
	/* there may be blanks around it (RFC 9110 11.2) */
	equals = *p;
	skip_blanks(&equals, end);
	if (equals == end || *equals != '=')
		return true;
	*p = equals + 1;
	skip_blanks(p, end);
	if (*p < end && **p == '"')
		*value = take_quoted(p, end);
	else
		*value = take_until(p, end, false);
	return true;
}

/* Without the backslashes that quote (RFC 9110 5.6.4). */
static struct http1_str
unquote(struct credential *c, struct http1_str s)
{
	size_t i, n = 0, max = s.len;
	char *to = room(c, &max);

	if (s.len == 0 || memchr(s.p, '\\', s.len) == NULL)
		return s;
	for (i = 0; i < s.len && n < max; i++) {
		if (s.p[i] == '\\' && i + 1 < s.len)
			i++;
		to[n++] = s.p[i];
	}
	return keep(c, n);
}

/* UTF-8''J%C3%A4s (RFC 8187 3.2): what stands behind the language. */
static struct http1_str
decode_extended(struct credential *c, struct http1_str s)
{
	const char *end = s.p + s.len, *p = memchr(s.p, '\'', s.len);
	size_t n = 0, max = s.len;
	char *to = room(c, &max);

	if (p != NULL)
		p = memchr(p + 1, '\'', (size_t)(end - p - 1));
	if (p == NULL)
		return s;
	for (p++; p < end && n < max; n++) {
		if (end - p >= 3 && *p == '%' && http1_hex(p[1]) >= 0 &&
		    http1_hex(p[2]) >= 0) {
			to[n] = (char)(http1_hex(p[1]) * 16 +
			    http1_hex(p[2]));
			p += 3;
		} else
			to[n] = *p++;
	}
	return keep(c, n);
}

static bool
is_same(struct http1_str a, struct http1_str b)
{
	return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

/*
 * The one of that name that has a value; p NULL: there is none.  Where there
 * are two that differ, the credential is unclear.
 */
static struct http1_str
parameter(struct credential *c, struct http1_str s, const char *wanted)
{
	const char *p = s.p, *end = s.p + s.len;
	struct http1_str name, value, found = { NULL, 0 };
	bool extended;

	while (next_parameter(&p, end, &name, &value)) {
		/* in an encoding of its own: username* (RFC 8187) */
		extended = name.len > 0 && name.p[name.len - 1] == '*';
		name.len -= extended;
		if (value.len == 0 || !http1_str_is(name, wanted))
			continue;
		value = extended ? decode_extended(c, value) :
		    unquote(c, value);
		if (value.len == 0)
			continue;
		if (found.p != NULL && !is_same(found, value))
			c->kind = CREDENTIAL_UNCLEAR;
		if (found.p == NULL)
			found = value;
	}
	return found;
}

static bool
read_parameters(struct credential *c, const struct scheme *scheme,
    struct http1_str rest)
{
	struct http1_str first = parameter(c, rest, scheme->first);
	struct http1_str second;

	if (first.p == NULL)
		return false;
	add_piece(c, text_of(scheme->form == TOKEN && scheme->second == NULL ?
	    "token" : scheme->name));
	add_piece(c, first);
	if (scheme->second != NULL) {
		second = parameter(c, rest, scheme->second);
		if (second.p != NULL)
			add_piece(c, second);
	}
	return true;
}

/* AKID/20250101/us-east-1/s3/aws4_request, of which the first names the key. */
static bool
read_signature(struct credential *c, struct http1_str rest)
{
	struct http1_str key;
	const char *slash;
	size_t i;

	for (i = 0; i < sizeof key_names / sizeof key_names[0]; i++) {
		key = parameter(c, rest, key_names[i]);
		if (key.p == NULL)
			continue;
		slash = memchr(key.p, '/', key.len);
		if (slash != NULL && i == 0)
			key.len = (size_t)(slash - key.p);
		if (key.len == 0)
			return false;
		add_piece(c, text_of("key"));
		add_piece(c, key);
		return true;
	}
	return false;
}

static bool
read_pair(struct credential *c, struct http1_str rest)
{
	const char *colon = rest.len == 0 ? NULL :
	    memchr(rest.p, ':', rest.len);

	if (colon == NULL || colon == rest.p)
		return false;
	rest.len = (size_t)(colon - rest.p);
	add_piece(c, text_of("key"));
	add_piece(c, rest);
	return true;
}

/*
 * Whether a key may be called so: longer than a version (v1) or an algorithm
 * (sha256), and with a digit, which the words have not that a secret or an
 * address begins with (https, urn).  Who takes the same word before two secrets
 * for a key takes two credentials for one.
 */
static bool
is_key_name(struct http1_str s)
{
	bool digit = false;
	size_t i;

	for (i = 0; i < s.len; i++)
		digit = digit || http1_is_digit(s.p[i]);
	return digit && s.len >= KEY_NAME;
}

/* What may be a pair, in a scheme that is not known. */
static bool
read_likely_pair(struct credential *c, struct http1_str rest)
{
	const char *colon = memchr(rest.p, ':', rest.len);
	struct http1_str name = rest;

	if (colon == NULL)
		return false;
	name.len = (size_t)(colon - rest.p);
	return is_key_name(name) && read_pair(c, rest);
}

static bool
is_word(struct http1_str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (http1_is_blank(s.p[i]))
			return false;
	return s.len > 0;
}

static bool
read_word(struct credential *c, const char *kind, struct http1_str rest)
{
	if (!is_word(rest))
		return false;
	add_piece(c, text_of(kind));
	add_piece(c, rest);
	return true;
}

static bool
is_encoding(char ch)
{
	return (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') ||
	    http1_is_digit(ch) || (ch != '\0' && strchr("+/-_", ch) != NULL);
}

/*
 * What is encoded, of the first CREDENTIAL_TEXT bytes.  As many decoders do it,
 * other characters are passed over, and padding where it completes nothing.
 */
static bool
read_basic(struct credential *c, struct http1_str rest)
{
	char text[4 * CREDENTIAL_TEXT / 3];
	size_t i, n = 0, pads = 0;

	for (i = 0; i < rest.len && n < sizeof text; i++) {
		if (is_encoding(rest.p[i])) {
			text[n++] = rest.p[i];
			pads = 0;
		} else if (rest.p[i] == '=' && n % 4 >= 2 &&
		    n % 4 + ++pads >= 4)
			break;
	}
	n = base64_decode(c->text, text, n);
	explicit_bzero(text, sizeof text);
	if (n == 0)
		return false;
	add_piece(c, text_of("basic"));
	add_piece(c, keep(c, n));
	return true;
}

/* Schemes */

/*
 * RFC 9110 11.1: without regard to case; one that is longer than any scheme as
 * it is, since all of it counts.
 */
static struct http1_str
lower(struct credential *c, struct http1_str name)
{
	size_t i, n = name.len;
	char *to = room(c, &n);

	if (n < name.len)
		return name;
	for (i = 0; i < n; i++)
		to[i] = http1_lower(name.p[i]);
	return keep(c, n);
}

static const struct scheme *
find_scheme(struct http1_str name)
{
	size_t i;

	for (i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
		if (http1_str_is(name, schemes[i].name))
			return &schemes[i];
	return NULL;
}

static bool
read_scheme(struct credential *c, const struct scheme *scheme,
    struct http1_str rest)
{
	switch (scheme->form) {
	case TOKEN:
		return read_parameters(c, scheme, rest) ||
		    read_word(c, "token", rest);
	case BASIC:
		return read_basic(c, rest);
	case PAIR:
		return read_pair(c, rest);
	case PARAMETERS:
		return read_parameters(c, scheme, rest);
	case NOBODY:
		c->kind = CREDENTIAL_NONE;
		return true;
	}
	return false;
}

static bool
read_rest(struct credential *c, struct http1_str rest)
{
	const struct scheme *scheme = find_scheme(c->scheme);

	if (scheme != NULL && (rest.len > 0 || scheme->form == NOBODY))
		return read_scheme(c, scheme, rest);
	return rest.len > 0 && scheme == NULL && (read_signature(c, rest) ||
	    (is_word(rest) && read_likely_pair(c, rest)));
}

/* Without a scheme, which the first word is not to be shown as. */
static void
read_bare(struct credential *c, struct http1_str all)
{
	c->scheme.p = NULL;
	c->scheme.len = 0;
	c->npieces = 0;
	if (memchr(all.p, '&', all.len) == NULL || !read_signature(c, all))
		read_word(c, "token", all);
}

/* By all of it, but for what makes no difference. */
static void
read_value(struct credential *c, struct http1_str rest)
{
	if (c->kind != CREDENTIAL_UNCLEAR)
		c->kind = CREDENTIAL_VALUE;
	c->npieces = 0;
	c->used = 0;
	add_piece(c, text_of("value"));
	add_piece(c, lower(c, c->scheme));
	add_piece(c, rest);
}

void
credential_read(struct credential *c, struct http1_str value)
{
	struct http1_str all, rest;

	memset(c, 0, offsetof(struct credential, text));
	if (value.len == 0)
		return;
	all = trim(value);
	rest = all;
	if (rest.len == 0)
		return;
	c->kind = CREDENTIAL_READ;
	c->scheme = take_word(&rest);
	if (read_rest(c, rest))
		return;
	if (rest.len == 0)
		read_bare(c, all);
	else
		read_value(c, rest);
}

bool
credential_are_claims(const char *text)
{
	unsigned n;
	size_t len;

	for (n = 1; ; n++) {
		len = strcspn(text, ",");
		if (len == 0 || len > 255 || n > CREDENTIAL_CLAIMS ||
		    strcspn(text, " \t\"") < len)
			return false;
		text += len;
		if (*text++ == '\0')
			return true;
	}
}
