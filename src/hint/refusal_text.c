/* SPDX-License-Identifier: ISC */
#include "hint/refusal_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <zlib.h>

bool
refusal_text_contains(const char *p, size_t len, const char *text)
{
	size_t i, n = strlen(text);

	for (i = 0; i + n <= len; i++)
		if (strncasecmp(p + i, text, n) == 0)
			return true;
	return false;
}

enum refusal_coding
refusal_coding(const struct http1_head *h)
{
	enum refusal_coding coding = REFUSAL_IDENTITY;
	const struct http1_field *f = h->fields;
	unsigned i;

	for (i = 0; i < h->nfields; i++, f++) {
		if (f->id != HTTP1_OTHER ||
		    !http1_str_is(f->name, "content-encoding") ||
		    http1_str_is(f->value, "identity") || f->value.len == 0)
			continue;
		if (coding != REFUSAL_IDENTITY)
			return REFUSAL_OTHER;
		if (http1_str_is(f->value, "gzip") ||
		    http1_str_is(f->value, "x-gzip"))
			coding = REFUSAL_GZIP;
		else if (http1_str_is(f->value, "deflate"))
			coding = REFUSAL_DEFLATE;
		else
			return REFUSAL_OTHER;
	}
	return coding;
}

/* Inflates up to REFUSAL_BYTES, of several members one after the other. */
static void
run_inflate(z_stream *z, struct refusal_text *t)
{
	int result = Z_OK;

	z->next_out = (Bytef *)t->p;
	z->avail_out = REFUSAL_BYTES;
	while (result == Z_OK && z->avail_out > 0) {
		result = inflate(z, Z_SYNC_FLUSH);
		if (result == Z_STREAM_END && z->avail_in > 0)
			result = inflateReset(z);
	}
	t->len = REFUSAL_BYTES - z->avail_out;
}

static void
inflate_as(const struct refusal_body *body, int bits, struct refusal_text *t)
{
	z_stream z = {
		.next_in = (Bytef *)(uintptr_t)body->p,
		.avail_in = (uInt)body->len,
	};

	t->len = 0;
	if (inflateInit2(&z, bits) != Z_OK)
		return;
	run_inflate(&z, t);
	inflateEnd(&z);
}

/*
 * Inflated; of zlib's format, which is what deflate is (RFC 9110 8.4.1.2),
 * some know the inside only.
 */
struct refusal_text
refusal_text_decode(const struct refusal_body *body)
{
	struct refusal_text t = { .len = 0 };

	if (body->coding == REFUSAL_OTHER || body->len == 0 ||
	    (t.p = malloc(REFUSAL_BYTES)) == NULL)
		return t;
	switch (body->coding) {
	case REFUSAL_GZIP:
		inflate_as(body, 15 + 16, &t);
		break;
	case REFUSAL_DEFLATE:
		inflate_as(body, 15, &t);
		if (t.len == 0)
			inflate_as(body, -15, &t);
		break;
	default:
		t.len = body->len < REFUSAL_BYTES ? body->len : REFUSAL_BYTES;
		memcpy(t.p, body->p, t.len);
		break;
	}
	return t;
}
