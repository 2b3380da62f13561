/* SPDX-License-Identifier: ISC */

/*
 * A line at a time would need memory; this needs none, so that it can go on
 * behind bytes that were let through before there was a verdict.
 */

#include "http/sniff.h"

#include <string.h>

#include "http/http1.h"

#define HANDSHAKE	0x16	/* a TLS record's type */
#define CLIENT_HELLO	0x01
#define RECORD_MAX	0x40	/* 16384 bytes, by the length's first byte */

/* What some origin takes for white space: Python's has the rarest. */
static bool
is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r' && c != '\n') ||
	    (c >= 0x1c && c <= 0x1f) || c == 0x85 || c == 0xa0;
}

static enum sniff_verdict
take_tls(size_t at, unsigned char c)
{
	static const struct {
		unsigned char	min;
		unsigned char	max;
	} bytes[SNIFF_TLS_BYTES] = {
		{ HANDSHAKE, HANDSHAKE },
		{ 3, 3 },
		{ 0, 4 },
		{ 0, RECORD_MAX },
		{ 0, 255 },
		{ CLIENT_HELLO, CLIENT_HELLO },
	};

	if (c < bytes[at].min || c > bytes[at].max)
		return SNIFF_OTHER;
	return at + 1 == SNIFF_TLS_BYTES ? SNIFF_TLS : SNIFF_MAYBE_TLS;
}

static enum sniff_verdict
take_method(struct sniff *s, unsigned char c)
{
	char byte = (char)c;

	if (is_space(c)) {
		s->in_target = true;
		s->apart = true;
		s->likely = s->likely && c == ' ';
		return SNIFF_MAYBE_HTTP;
	}
	if (!http1_is_token(&byte, 1))
		return SNIFF_OTHER;
	if (++s->method == 1)
		s->likely = true;
	if (s->method > SNIFF_METHOD ||
	    ((c < 'A' || c > 'Z') &&
	    (s->method == 1 || (c != '-' && c != '_'))))
		s->likely = false;
	return SNIFF_MAYBE_HTTP;
}

/* Behind the method: a version, before the line's end. */
static enum sniff_verdict
take_target(struct sniff *s, unsigned char c)
{
	static const char version[] = "http/";
	unsigned char lower = c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;

	if (c == '\n')
		return SNIFF_OTHER;
	if (s->matched > 0 && lower == (unsigned char)version[s->matched])
		s->matched++;
	else
		s->matched = s->apart && lower == 'h';
	s->apart = is_space(c);
	s->likely = s->likely && c > ' ' - 1 && c != 0x7f;
	return s->matched == sizeof version - 1 ? SNIFF_HTTP :
	    SNIFF_MAYBE_HTTP;
}

static enum sniff_verdict
take(struct sniff *s, unsigned char c)
{
	if (s->verdict == SNIFF_MAYBE_TLS ||
	    (s->seen == 0 && c == HANDSHAKE))
		return take_tls(s->seen, c);
	if (s->in_target)
		return take_target(s, c);
	if (s->method == 0 && (is_space(c) || c == '\n'))
		return SNIFF_NOTHING;
	return take_method(s, c);
}

enum sniff_verdict
sniff(struct sniff *s, const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len && s->verdict < SNIFF_TLS; i++) {
		s->verdict = take(s, (unsigned char)p[i]);
		s->seen++;
	}
	return s->verdict;
}
