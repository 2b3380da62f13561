/* SPDX-License-Identifier: ISC */
#include "hint/hint_number.h"

#include "base/sum.h"
#include "hint/hint.h"
#include "hint/hint_reader.h"
#include "http/http1_class.h"

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

bool
hint_number(struct http1_str s, struct hint_number *number)
{
	struct hint_reader r;

	if (s.len == 0)
		return false;
	r = hint_reader(s.p, s.len);
	hint_number_read(&r, number);
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
