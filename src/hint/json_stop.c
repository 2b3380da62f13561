/* SPDX-License-Identifier: ISC */
#include "hint/json_stop.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

static bool
is_stop(char c)
{
	return c == '"' || c == '\\';
}

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20;
}

#ifdef __x86_64__
/*
 * A stop is what is in the table at the number that its lower four bits are;
 * what has its highest bit set finds a zero there, which it is not.
 */
#define AVX2 __attribute__((target("avx2"), always_inline))

static inline __m256i AVX2
far_stops_of(const char *p)
{
	const __m256i table = _mm256_setr_epi8(
	    -1, 0, '"', 0, 0, 0, 0, 0, 0, 0, 0, 0, '\\', 0, 0, 0,
	    -1, 0, '"', 0, 0, 0, 0, 0, 0, 0, 0, 0, '\\', 0, 0, 0);
	__m256i b = _mm256_loadu_si256((const __m256i *)(const void *)p);

	return _mm256_cmpeq_epi8(b, _mm256_shuffle_epi8(table, b));
}

static inline __m256i AVX2
far_stops_of_two(const char *p)
{
	return _mm256_or_si256(far_stops_of(p), far_stops_of(p + 32));
}

static inline __m256i AVX2
far_stops_of_four(const char *p)
{
	return _mm256_or_si256(far_stops_of_two(p), far_stops_of_two(p + 64));
}

/* To 32 bytes that have one, or to less than that. */
static const char * __attribute__((target("avx2")))
stop_far(const char *p, const char *end)
{
	__m256i found;

	for (; end - p >= 256; p += 256) {
		found = _mm256_or_si256(far_stops_of_four(p),
		    far_stops_of_four(p + 128));
		if (!_mm256_testz_si256(found, found))
			break;
	}
	for (; end - p >= 32; p += 32) {
		found = far_stops_of(p);
		if (!_mm256_testz_si256(found, found))
			break;
	}
	return p;
}
#endif

const char *
json_stop_on(const char *p, const char *end)
{
#ifdef __x86_64__
	int found;

	if (end - p >= 64 && __builtin_cpu_supports("avx2"))
		p = stop_far(p, end);
	for (; end - p >= 16; p += 16) {
		found = _mm_movemask_epi8(json_stops_of(json_stop_load(p)));
		if (found != 0)
			return p + __builtin_ctz((unsigned)found);
	}
#endif
	while (p < end && !is_stop(*p))
		p++;
	return p;
}

const char *
json_stop_or_control_on(const char *p, const char *end)
{
	while (p < end && !is_stop(*p) && !is_control(*p))
		p++;
	return p;
}
