/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_JSON_STOP_H
#define SLUICE_JSON_STOP_H

#ifdef __x86_64__
#include <emmintrin.h>
#endif

/*
 * Where a string of JSON stops: at a quote or a backslash; many bytes at a time,
 * where the processor can.  All return the end where there is none.
 */

/* For the others: beyond the first bytes. */
const char	*json_stop_on(const char *, const char *end);
const char	*json_stop_or_control_on(const char *, const char *end);

#ifdef __x86_64__
static inline __m128i
json_stop_load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline __m128i
json_stops_of(__m128i b)
{
	return _mm_or_si128(_mm_cmpeq_epi8(b, _mm_set1_epi8('"')),
	    _mm_cmpeq_epi8(b, _mm_set1_epi8('\\')));
}

static inline __m128i
json_controls_of(__m128i b)
{
	return _mm_cmpeq_epi8(_mm_min_epu8(b, _mm_set1_epi8(0x1f)), b);
}
#endif

static inline const char *
json_stop(const char *p, const char *end)
{
#ifdef __x86_64__
	int found;

	if (end - p >= 16) {
		found = _mm_movemask_epi8(json_stops_of(json_stop_load(p)));
		if (found != 0)
			return p + __builtin_ctz((unsigned)found);
		p += 16;
	}
#endif
	return json_stop_on(p, end);
}

/* The same, and a control byte, which may not be in a string. */
static inline const char *
json_stop_or_control(const char *p, const char *end)
{
#ifdef __x86_64__
	__m128i b;
	int found;

	if (end - p >= 16) {
		b = json_stop_load(p);
		found = _mm_movemask_epi8(_mm_or_si128(json_stops_of(b),
		    json_controls_of(b)));
		if (found != 0)
			return p + __builtin_ctz((unsigned)found);
		p += 16;
	}
#endif
	return json_stop_or_control_on(p, end);
}

#endif
