/* SPDX-License-Identifier: ISC */
#include "hint/json_amount.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Skips digits; false where there are none. */
static bool
skip_digits(const char **p)
{
	const char *begin = *p;

	while (is_digit(**p))
		(*p)++;
	return *p != begin;
}

static bool
skip_exponent(const char **p)
{
	if (**p != 'e' && **p != 'E')
		return true;
	(*p)++;
	if (**p == '+' || **p == '-')
		(*p)++;
	return skip_digits(p);
}

bool
json_amount_is_number(const char *p)
{
	if (*p == '-')
		p++;
	if (*p == '0')
		p++;
	else if (!skip_digits(&p))
		return false;
	if (*p == '.' && (p++, !skip_digits(&p)))
		return false;
	return skip_exponent(&p) && *p == '\0';
}

/* The power of ten behind a number's digits, cut to what matters. */
static int
exponent_of(const char *p)
{
	bool minus;
	int e = 0;

	if (*p == '\0')
		return 0;
	minus = *++p == '-';
	if (*p == '+' || *p == '-')
		p++;
	for (; *p != '\0'; p++)
		if (e < 1000)
			e = e * 10 + (*p - '0');
	return minus ? -e : e;
}

/* A number of a few digits, as nearly all are. */
static bool
is_small(const char *p, uint64_t *amount)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < 9 && is_digit(p[i]); i++)
		n = n * 10 + (unsigned)(p[i] - '0');
	*amount = n * JSON_AMOUNT_UNIT;
	return p[i] == '\0';
}

bool
json_amount_of(const char *p, uint64_t *amount)
{
	unsigned __int128 n = 0;
	int shift = 6, decimals = 0;
	bool behind = false, rest = false;

	if (is_small(p, amount))
		return true;
	for (; is_digit(*p) || *p == '.'; p++) {
		if (*p == '.') {
			behind = true;
			continue;
		}
		n = n * 10 + (unsigned)(*p - '0');
		decimals += behind;
	}
	shift += exponent_of(p) - decimals;
	for (; shift > 0 && n != 0 && n <= JSON_AMOUNT_MOST; shift--)
		n *= 10;
	for (; shift < 0 && n != 0; shift++) {
		rest = rest || n % 10 != 0;
		n /= 10;
	}
	n += rest;
	*amount = n <= JSON_AMOUNT_MOST ? (uint64_t)n : 0;
	return n <= JSON_AMOUNT_MOST;
}
