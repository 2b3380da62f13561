/* SPDX-License-Identifier: ISC */
#include "throttle/estimate_probe.h"

#include <stddef.h>

#define MS		1000000ULL
#define S		1000000000ULL
#define HOUR		(3600 * S)

static const uint64_t distances[] = {
	100 * MS, 200 * MS, 350 * MS, 500 * MS, 750 * MS, 1 * S, 1500 * MS,
	2 * S, 3 * S, 4 * S, 5 * S, 6 * S, 8 * S, 10 * S, 12 * S, 15 * S,
	20 * S, 25 * S, 30 * S, 40 * S, 50 * S, 60 * S, 80 * S, 100 * S,
	120 * S, 150 * S, 180 * S, 240 * S, 300 * S, 400 * S, 500 * S,
	600 * S, 750 * S, 900 * S, 1200 * S, 1500 * S, 1800 * S, 2400 * S,
	3000 * S, 3600 * S,
};

uint64_t
estimate_probe_next(uint64_t from, uint64_t now)
{
	uint64_t gone = now > from ? now - from : 0;
	size_t i;

	for (i = 0; i < sizeof distances / sizeof distances[0]; i++)
		/* what is all but there already says no more than now */
		if (distances[i] > gone + gone / 32 + 10 * MS)
			return from + distances[i];
	return from + (gone / HOUR + 1) * HOUR;
}

/* Returns the one that a length is but for a hundredth; 0: none. */
static uint64_t
round_one(uint64_t length)
{
	uint64_t to;
	size_t i;

	for (i = 0; i < sizeof distances / sizeof distances[0]; i++) {
		to = distances[i];
		if (length >= to - to / 100 && length <= to + to / 100)
			return to;
	}
	return 0;
}

bool
estimate_probe_is_round(uint64_t length)
{
	return round_one(length) != 0;
}

uint64_t
estimate_probe_round(uint64_t length)
{
	uint64_t to = round_one(length);

	return to != 0 ? to : (length + MS - 1) / MS * MS;
}

uint64_t
estimate_probe_below(uint64_t length)
{
	size_t i = sizeof distances / sizeof distances[0];

	while (i > 0 && distances[i - 1] > length)
		i--;
	return i > 0 ? distances[i - 1] : 0;
}
