/* SPDX-License-Identifier: ISC */
#include "hint/hint_number.h"

#include "base/sum.h"
#include "hint/hint.h"
#include "hint/hint_reader.h"
#include "http/http1_class.h"

#define EXPONENT_MAX	100	/* beyond it all is the same */

static uint64_t
multiply(uint64_t a, uint64_t b)
{
	return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

/*
 * Digits after the point, in billionths.  What is finer is rounded up: never
 * back too early.
 */
uint32_t
hint_number_fraction(struct hint_reader *r)
{
	uint32_t nano = 0, unit = 100000000;
	bool more = false;

	if (r->p == r->end || !http1_is_digit(*r->p))
		r->bad = true;
	for (; r->p < r->end && http1_is_digit(*r->p); r->p++) {
		nano += (uint32_t)(*r->p - '0') * unit;
		if (unit == 0 && *r->p != '0')
			more = true;
		unit /= 10;
	}
	return nano + more;
}

/* Digits, with a fraction or without. */
void
hint_number_read(struct hint_reader *r, struct hint_number *number)
{
	number->whole = 0;
	number->nano = 0;
	if (r->p == r->end || !http1_is_digit(*r->p)) {
		r->bad = true;
		return;
	}
	for (; r->p < r->end && http1_is_digit(*r->p); r->p++)
		number->whole = sum(multiply(number->whole, 10),
		    (uint64_t)(*r->p - '0'));
	if (r->p < r->end && *r->p == '.') {
		r->p++;
		number->nano = hint_number_fraction(r);
	}
	if (number->nano == HINT_SECOND) {
		number->nano = 0;
		number->whole = sum(number->whole, 1);
	}
}

/* By a power of ten; what is lost is rounded up. */
static void
shift(struct hint_number *n, int power)
{
	uint64_t lost = 0;

	for (; power > 0; power--) {
		n->whole = sum(multiply(n->whole, 10), n->nano / 100000000);
		n->nano = n->nano % 100000000 * 10;
	}
	for (; power < 0; power++) {
		lost |= n->nano % 10;
		n->nano = (uint32_t)(n->whole % 10 * 100000000) + n->nano / 10;
		n->whole /= 10;
	}
	if (lost != 0 && ++n->nano == HINT_SECOND) {
		n->nano = 0;
		n->whole = sum(n->whole, 1);
	}
}

/* The e9 of 1.7356896E9, as languages print what is large or small. */
static void
read_exponent(struct hint_reader *r, struct hint_number *number)
{
	bool negative;
	int power = 0;

	r->p++;
	negative = hint_reader_starts(r, "-", 1);
	if (negative || hint_reader_starts(r, "+", 1))
		r->p++;
	if (r->p == r->end)
		r->bad = true;
	for (; r->p < r->end && http1_is_digit(*r->p); r->p++)
		if (power < EXPONENT_MAX)
			power = power * 10 + (*r->p - '0');
	shift(number, negative ? -power : power);
}

bool
hint_number(struct http1_str s, struct hint_number *number)
{
	struct hint_reader r;

	if (s.len == 0)
		return false;
	r = hint_reader(s.p, s.len);
	hint_number_read(&r, number);
	if (!r.bad && (hint_reader_starts(&r, "e", 1) ||
	    hint_reader_starts(&r, "E", 1)))
		read_exponent(&r, number);
	return !r.bad && r.p == r.end;
}

uint64_t
hint_number_micro(struct hint_number number)
{
	return sum(multiply(number.whole, HINT_MICRO),
	    number.nano / 1000);
}

/* The fraction is rounded up; a unit is a second or divides or holds one. */
uint64_t
hint_number_of(struct hint_number number, uint64_t unit)
{
	uint64_t part, fine;

	if (unit >= HINT_SECOND) {
		part = number.nano * (unit / HINT_SECOND);
	} else {
		fine = HINT_SECOND / unit;
		part = (number.nano + fine - 1) / fine;
	}
	return sum(multiply(number.whole, unit), part);
}
