/* SPDX-License-Identifier: ISC */

/* The first bytes inside a tunnel; what they are must not depend on pieces. */

#include "fuzz.h"

#include <strings.h>

#include "http/http1.h"
#include "http/sniff.h"

/* All at once; or by pieces, after each of which a verdict stays one. */
static enum sniff_verdict
by_pieces(const char *p, size_t len, size_t step, size_t *seen)
{
	struct sniff s = { .verdict = SNIFF_NOTHING };
	enum sniff_verdict verdict = SNIFF_NOTHING, before;
	size_t n;
	char *copy;

	while (len > 0) {
		n = len < step ? len : step;
		copy = exact_copy(p, n);
		before = verdict;
		verdict = sniff(&s, copy, n);
		REQUIRE(verdict == s.verdict);
		REQUIRE(before < SNIFF_TLS || verdict == before);
		REQUIRE(before == SNIFF_NOTHING || verdict != SNIFF_NOTHING);
		free(copy);
		p += n;
		len -= n;
	}
	*seen = s.seen;
	return verdict;
}

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || (c >= 0x0b && c <= 0x0d) ||
	    (c >= 0x1c && c <= 0x1f) || c == 0x85 || c == 0xa0;
}

/* A version behind white space, anywhere in what follows a method. */
static bool
has_version(const char *p, const char *end)
{
	for (; end - p > 5; p++) {
		if (is_blank((unsigned char)p[0]) &&
		    strncasecmp(p + 1, "http/", 5) == 0)
			return true;
	}
	return false;
}

/* The same, by looking at the line as a whole. */
static enum sniff_verdict
of_line(const char *p, size_t len)
{
	const char *end = p + len, *method, *stop;

	while (p < end && (is_blank((unsigned char)*p) || *p == '\n'))
		p++;
	if (p == end)
		return SNIFF_NOTHING;
	stop = memchr(p, '\n', (size_t)(end - p));
	for (method = p; p < end && http1_is_token(p, 1); p++)
		;
	if (p == end)
		return SNIFF_MAYBE_HTTP;
	if (p == method || !is_blank((unsigned char)*p))
		return SNIFF_OTHER;
	if (has_version(p, stop != NULL ? stop : end))
		return SNIFF_HTTP;
	return stop != NULL ? SNIFF_OTHER : SNIFF_MAYBE_HTTP;
}

static enum sniff_verdict
of_record(const unsigned char *p, size_t len)
{
	if ((len > 1 && p[1] != 3) || (len > 2 && p[2] > 4) ||
	    (len > 3 && p[3] > 0x40) || (len > 5 && p[5] != 1))
		return SNIFF_OTHER;
	return len > 5 ? SNIFF_TLS : SNIFF_MAYBE_TLS;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	size_t seen, again;
	enum sniff_verdict verdict;

	if (size == 0 || size > 4096)
		return 0;
	verdict = by_pieces(p, size, size, &seen);
	REQUIRE(verdict == (data[0] == 0x16 ? of_record(data, size) :
	    of_line(p, size)));
	REQUIRE(by_pieces(p, size, 1, &again) == verdict);
	REQUIRE(seen == again);
	REQUIRE(by_pieces(p, size, 1 + data[size - 1] % 13U, &again) ==
	    verdict);
	REQUIRE(seen == again);
	return 0;
}
