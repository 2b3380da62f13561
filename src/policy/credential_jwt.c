/* SPDX-License-Identifier: ISC */
#include "policy/credential.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/base64.h"

/*
 * Tokens that say whose they are.  Nothing of them is verified; who sends a
 * forged one gets a throttle that is his own, or shares another's.
 */

#define PAYLOAD_MAX	8192	/* bytes, encoded */

/* The middle one of three that dots separate (RFC 7515 3.1). */
static bool
payload_of(struct http1_str token, struct http1_str *payload)
{
	const char *end = token.p + token.len, *first, *second;

	first = memchr(token.p, '.', token.len);
	if (first == NULL)
		return false;
	payload->p = first + 1;
	second = memchr(payload->p, '.', (size_t)(end - payload->p));
	if (second == NULL || memchr(second + 1, '.',
	    (size_t)(end - second - 1)) != NULL)
		return false;
	payload->len = (size_t)(second - payload->p);
	return payload->len > 0;
}

/* Writes a claim behind those that are there; false: it cannot be used. */
static bool
add_claim(struct credential *c, size_t *used, const json_t *claim)
{
	struct http1_str piece = { c->text + *used, 0 };
	size_t left = sizeof c->text - *used;
	int n;

	if (json_is_string(claim)) {
		piece.len = json_string_length(claim);
		if (piece.len == 0 || piece.len > left)
			return false;
		memcpy(c->text + *used, json_string_value(claim), piece.len);
	} else if (json_is_integer(claim)) {
		n = snprintf(c->text + *used, left, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(claim));
		if (n < 0 || (size_t)n >= left)
			return false;
		piece.len = (size_t)n;
	} else {
		return false;
	}
	*used += piece.len;
	c->pieces[c->npieces++] = piece;
	return true;
}

static bool
add_claims(struct credential *c, const json_t *payload, const char *claims)
{
	static const struct http1_str kind = { "jwt", 3 };
	size_t n, used = 0;
	char name[CREDENTIAL_TEXT];

	c->npieces = 1;
	c->pieces[0] = kind;
	for (; *claims != '\0'; claims += n + (claims[n] == ',')) {
		n = strcspn(claims, ",");
		if (n >= sizeof name || c->npieces == CREDENTIAL_PIECES)
			return false;
		memcpy(name, claims, n);
		name[n] = '\0';
		if (!add_claim(c, &used, json_object_get(payload, name)))
			return false;
	}
	return true;
}

void
credential_read_claims(struct credential *c, struct http1_str value,
    const char *claims)
{
	struct http1_str kind, token, encoded;
	char plain[BASE64_PLAIN(PAYLOAD_MAX)];
	json_t *payload;
	size_t n;

	credential_read(c, value);
	if (c->npieces != 2 || !http1_str_is(c->pieces[0], "token"))
		return;
	kind = c->pieces[0];
	token = c->pieces[1];
	if (!payload_of(token, &encoded) || encoded.len > PAYLOAD_MAX)
		return;
	n = base64_decode(plain, encoded.p, encoded.len);
	if (n == 0)
		return;
	payload = json_loadb(plain, n, JSON_REJECT_DUPLICATES, NULL);
	if (!add_claims(c, payload, claims)) {
		c->npieces = 2;
		c->pieces[0] = kind;
		c->pieces[1] = token;
	}
	json_decref(payload);
}
