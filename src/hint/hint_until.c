/* SPDX-License-Identifier: ISC */
#include "hint/hint_until.h"

#include <string.h>

#include "hint/hint.h"
#include "hint/hint_date.h"
#include "hint/hint_duration.h"
#include "hint/hint_loose.h"
#include "hint/hint_timestamp.h"

#define HINT_YEAR	(366ULL * 86400)	/* seconds, at most */

/* a * SECOND + b; saturates. */
static uint64_t
to_ns(uint64_t a, uint64_t b)
{
	if (a > (UINT64_MAX - b) / HINT_SECOND)
		return UINT64_MAX;
	return a * HINT_SECOND + b;
}

/*
 * How long it is from date until then; 0 where it is over.  False where the
 * two are more than a year apart: nobody waits for that, and nobody means it.
 */
static bool
until(int64_t seconds, uint32_t nano, int64_t date, uint64_t *ns)
{
	uint64_t apart = seconds < date ? (uint64_t)date - (uint64_t)seconds :
	    (uint64_t)seconds - (uint64_t)date;

	*ns = 0;
	if (apart > HINT_YEAR)
		return false;
	if (seconds >= date)
		*ns = to_ns(apart, nano);
	return true;
}

/* A number that is that large counts so many of them since 1970. */
static const struct {
	uint64_t	above;
	uint64_t	of_second;
} epochs[] = {
	{ 100000000000000000ULL, 1000000000 },
	{ 100000000000000ULL, 1000000 },
	{ 100000000000ULL, 1000 },
	{ 1000000000ULL, 1 },
};

#define NEPOCHS	(sizeof epochs / sizeof epochs[0])

/* Whether a number is an instant, by its magnitude alone. */
static bool
is_instant(struct hint_number number, int64_t *seconds, uint32_t *nano)
{
	uint64_t of_second, fine;
	unsigned i;

	for (i = 0; i < NEPOCHS && number.whole <= epochs[i].above; i++)
		;
	if (i == NEPOCHS)
		return false;
	of_second = epochs[i].of_second;
	fine = HINT_SECOND / of_second;
	/* at most 10^11: seconds are that few by the next one's bound */
	*seconds = (int64_t)(number.whole / of_second);
	*nano = (uint32_t)(number.whole % of_second * fine +
	    (number.nano + of_second - 1) / of_second);
	return true;
}

/*
 * By its magnitude an instant, else so many units; what says its unit and is
 * no instant near enough is that many all the same.
 */
static bool
number_until(struct hint_number number, uint64_t unit, int64_t date,
    uint64_t *ns)
{
	int64_t seconds;
	uint32_t nano;

	if (is_instant(number, &seconds, &nano)) {
		if (until(seconds, nano, date, ns))
			return true;
		if (unit == HINT_SECOND)
			return false;
	}
	*ns = hint_number_of(number, unit);
	return true;
}

bool
hint_is_over(struct http1_str s)
{
	struct hint_number number;

	if (s.len < 2 || s.p[0] != '-')
		return false;
	s.p++;
	s.len--;
	return hint_number(s, &number);
}

bool
hint_until_number(struct hint_number number, int64_t date, uint64_t *ns)
{
	return number_until(number, HINT_SECOND, date, ns);
}

/*
 * Without the names that RFC 9557 puts behind a timestamp: [Europe/Berlin].
 * They do not change which instant it is.
 */
static struct http1_str
without_names(struct http1_str s)
{
	const char *name;

	while (s.len > 0 && s.p[s.len - 1] == ']' &&
	    (name = memrchr(s.p, '[', s.len)) != NULL)
		s.len = (size_t)(name - s.p);
	return s;
}

/* An instant in words. */
static bool
read_instant(struct http1_str s, int64_t date, int64_t *seconds, uint32_t *nano)
{
	*nano = 0;
	return hint_timestamp(without_names(s), seconds, nano) ||
	    hint_date(s.p, s.len, date, seconds) ||
	    hint_loose_date(s, seconds);
}

bool
hint_is_instant(struct http1_str s, int64_t date)
{
	struct hint_number number;
	int64_t seconds;
	uint32_t nano;

	return hint_number(s, &number) ? is_instant(number, &seconds, &nano) :
	    read_instant(s, date, &seconds, &nano);
}

bool
hint_until(struct http1_str s, uint64_t unit, int64_t date, uint64_t *ns)
{
	struct hint_number number;
	int64_t seconds;
	uint32_t nano;

	*ns = 0;
	if (hint_number(s, &number))
		return number_until(number, unit, date, ns);
	if (read_instant(s, date, &seconds, &nano))
		return until(seconds, nano, date, ns);
	return hint_duration(s, ns) || hint_loose_duration(s, ns);
}

bool
hint_retry_after(const char *value, size_t n, int64_t date, uint64_t *delay)
{
	struct http1_str s = { value, n };

	return hint_until(s, HINT_SECOND, date, delay);
}
