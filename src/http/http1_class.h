/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTTP1_CLASS_H
#define SLUICE_HTTP1_CLASS_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Classes of bytes, as bits of http1_class[]. */
#define HTTP1_PLAIN	1u	/* SP, HTAB, VCHAR, obs-text: field values */
#define HTTP1_TCHAR	2u	/* RFC 9110 5.6.2 */
#define HTTP1_TARGET	4u	/* VCHAR but '#'; obs-text */
#define HTTP1_LABEL	8u	/* letters, digits, '-', '_' */

static const unsigned char http1_class[256] = {
	 0,  0,  0,  0,  0,  0,  0,  0,	/* 0x00 */
	 0,  1,  0,  0,  0,  0,  0,  0,	/* 0x08 */
	 0,  0,  0,  0,  0,  0,  0,  0,	/* 0x10 */
	 0,  0,  0,  0,  0,  0,  0,  0,	/* 0x18 */
	 1,  7,  5,  3,  7,  7,  7,  7,	/* 0x20 */
	 5,  5,  7,  7,  5, 15,  7,  5,	/* 0x28 */
	15, 15, 15, 15, 15, 15, 15, 15,	/* 0x30 */
	15, 15,  5,  5,  5,  5,  5,  5,	/* 0x38 */
	 5, 15, 15, 15, 15, 15, 15, 15,	/* 0x40 */
	15, 15, 15, 15, 15, 15, 15, 15,	/* 0x48 */
	15, 15, 15, 15, 15, 15, 15, 15,	/* 0x50 */
	15, 15, 15,  5,  5,  5,  7, 15,	/* 0x58 */
	 7, 15, 15, 15, 15, 15, 15, 15,	/* 0x60 */
	15, 15, 15, 15, 15, 15, 15, 15,	/* 0x68 */
	15, 15, 15, 15, 15, 15, 15, 15,	/* 0x70 */
	15, 15, 15,  5,  7,  5,  7,  0,	/* 0x78 */
	[0x80 ... 0xff] = 5,
};

static inline bool
http1_is(char c, unsigned class)
{
	return (http1_class[(unsigned char)c] & class) != 0;
}

static inline bool
http1_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline bool
http1_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline char
http1_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Returns what a hexadecimal digit stands for; -1 for any other byte. */
static inline int
http1_hex(char c)
{
	if (http1_is_digit(c))
		return c - '0';
	c = http1_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Returns how many bytes of that class stand at p. */
static inline size_t
http1_span(const char *p, size_t len, unsigned class)
{
	size_t i = 0;

	while (i < len && http1_is(p[i], class))
		i++;
	return i;
}

/*
 * Returns how many of the eight bytes at p stand before the first that is below
 * 0x20 or DEL; 8 where none is.  A byte that borrows is one of those itself, so
 * what is marked before all others is marked rightly.
 */
static inline size_t
http1_uncontrolled(const char *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t high = ones << 7;
	uint64_t x, del, marks;

	memcpy(&x, p, sizeof x);
	x = le64toh(x);
	del = x ^ (ones * 0x7f);
	marks = (((x - ones * 0x20) & ~x) | ((del - ones) & ~del)) & high;
	return marks == 0 ? 8 : (size_t)__builtin_ctzll(marks) / 8;
}

/* Returns the first byte at or after p that is not HTTP1_PLAIN; else end. */
static inline const char *
http1_plain(const char *p, const char *end)
{
	size_t n;

	while (end - p >= 8) {
		n = http1_uncontrolled(p);
		p += n;
		if (n == 8)
			continue;
		if (*p != '\t')
			return p;
		p++;
	}
	while (p < end && http1_is(*p, HTTP1_PLAIN))
		p++;
	return p;
}

/* Returns whether len bytes are equal without regard to case (ASCII only). */
static inline bool
http1_same(const char *p, const char *q, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] != q[i] && http1_lower(p[i]) != http1_lower(q[i]))
			return false;
	}
	return true;
}

#endif
