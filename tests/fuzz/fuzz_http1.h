/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FUZZ_HTTP1_H
#define SLUICE_FUZZ_HTTP1_H

#include "fuzz.h"

#include "http/http1.h"
#include "http/http1_scan.h"

/* What the fuzz targets of http1 share. */

/* Small, so that the limits are met, too. */
#define FUZZ_HEAD	2048
#define FUZZ_LINE	256

static inline enum http1_result
scan_whole(const char *p, size_t len, size_t *end, enum http1_error *error)
{
	struct http1_scan scan = { .seen = 0 };
	enum http1_result result;

	*end = 0;
	result = http1_scan(&scan, p, len, FUZZ_HEAD, FUZZ_LINE, end);
	*error = scan.error;
	return result;
}

/* The answer must not depend on how the bytes came. */
static inline void
scan_steps(const char *p, size_t len, size_t step, enum http1_result want,
    size_t want_end, enum http1_error want_error)
{
	struct http1_scan scan = { .seen = 0 };
	enum http1_result result = HTTP1_MORE;
	size_t end = 0;
	size_t n = 0;
	char *copy;

	while (result == HTTP1_MORE && n < len) {
		n = len - n > step ? n + step : len;
		copy = exact_copy(p, n);
		result = http1_scan(&scan, copy, n, FUZZ_HEAD, FUZZ_LINE,
		    &end);
		free(copy);
	}
	REQUIRE(result == want);
	REQUIRE(end == want_end);
	REQUIRE(scan.error == want_error);
}

static inline void
check_inside(struct http1_str s, const char *p, size_t len)
{
	if (s.p == NULL) {
		REQUIRE(s.len == 0);
		return;
	}
	REQUIRE(s.p >= p && s.p <= p + len);
	REQUIRE(s.len <= (size_t)(p + len - s.p));
}

/* What any head that was taken for good must be like. */
static inline void
check_fields(const struct http1_head *h, const char *p, size_t len)
{
	unsigned lengths = 0;
	unsigned codings = 0;

	REQUIRE(h->nfields <= HTTP1_FIELDS);
	for (unsigned i = 0; i < h->nfields; i++) {
		const struct http1_field *f = &h->fields[i];

		check_inside(f->name, p, len);
		check_inside(f->value, p, len);
		REQUIRE(http1_is_token(f->name.p, f->name.len));
		for (size_t k = 0; k < f->value.len; k++) {
			unsigned char c = (unsigned char)f->value.p[k];

			REQUIRE(c == '\t' || (c >= ' ' && c != 0x7f));
		}
		if (http1_str_is(f->name, "content-length")) {
			lengths++;
			REQUIRE(!f->hop);
		}
		if (http1_str_is(f->name, "transfer-encoding")) {
			codings++;
			REQUIRE(f->hop);
		}
		if (http1_str_is(f->name, "connection"))
			REQUIRE(f->hop);
		if (http1_str_is(f->name, "host"))
			REQUIRE(!f->hop);
	}
	if (h->body == HTTP1_CHUNKED)
		REQUIRE(codings == 1 && lengths == 0 && h->minor == 1);
	if (h->body == HTTP1_LENGTH)
		REQUIRE(codings == 0 && lengths == 1 && h->has_length);
	if (h->has_length)
		REQUIRE(lengths == 1 && h->length <= INT64_MAX);
	REQUIRE(h->minor <= 1);
}

/* A head written anew. */
struct anew {
	size_t	 len;
	char	 p[4 * FUZZ_HEAD + 8 * HTTP1_FIELDS];
};

static inline void
anew_add(struct anew *anew, const char *p, size_t len)
{
	REQUIRE(len <= sizeof anew->p - anew->len);
	if (len > 0)
		memcpy(anew->p + anew->len, p, len);
	anew->len += len;
}

static inline void
anew_puts(struct anew *anew, const char *s)
{
	anew_add(anew, s, strlen(s));
}

static inline void
anew_fields(struct anew *anew, const struct http1_head *h)
{
	for (unsigned i = 0; i < h->nfields; i++) {
		anew_add(anew, h->fields[i].name.p, h->fields[i].name.len);
		anew_puts(anew, ": ");
		anew_add(anew, h->fields[i].value.p, h->fields[i].value.len);
		anew_puts(anew, "\r\n");
	}
	anew_puts(anew, "\r\n");
}

/* Two heads that say the same about what both sides have to agree on. */
static inline void
check_same(const struct http1_head *a, const struct http1_head *b)
{
	REQUIRE(a->body == b->body);
	REQUIRE(a->length == b->length);
	REQUIRE(a->has_length == b->has_length);
	REQUIRE(a->keep_alive == b->keep_alive);
	REQUIRE(a->upgrade == b->upgrade);
	REQUIRE(a->minor == b->minor);
	REQUIRE(a->nfields == b->nfields);
	for (unsigned i = 0; i < a->nfields; i++) {
		REQUIRE(a->fields[i].id == b->fields[i].id);
		REQUIRE(a->fields[i].hop == b->fields[i].hop);
		REQUIRE(a->fields[i].value.len == b->fields[i].value.len);
	}
}

#endif
