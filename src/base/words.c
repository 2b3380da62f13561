/* SPDX-License-Identifier: ISC */
#include "base/words.h"

#include <stdio.h>

#define MS	UINT64_C(1000000)
#define SECOND	UINT64_C(1000000000)
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)

/* Rounds to the nearest. */
static unsigned long long
in(uint64_t ns, uint64_t unit)
{
	return ns / unit + (ns % unit >= unit - unit / 2);
}

/* So many of one unit, and of the next smaller one where there are any. */
static void
two(char buf[WORDS], unsigned long long n, unsigned of, const char *large,
    const char *small)
{
	if (n % of == 0)
		snprintf(buf, WORDS, "%llu %s", n / of, large);
	else
		snprintf(buf, WORDS, "%llu %s %llu %s", n / of, large, n % of,
		    small);
}

const char *
words_duration(char buf[WORDS], uint64_t ns)
{
	unsigned long long tenths = in(ns, SECOND / 10);

	if (ns == 0)
		snprintf(buf, WORDS, "0 s");
	else if (ns < MS)
		snprintf(buf, WORDS, "less than 1 ms");
	else if (in(ns, MS) < 1000)
		snprintf(buf, WORDS, "%llu ms", in(ns, MS));
	else if (tenths < 100 && tenths % 10 != 0)
		snprintf(buf, WORDS, "%llu.%llu s", tenths / 10, tenths % 10);
	else if (in(ns, SECOND) < 120)
		snprintf(buf, WORDS, "%llu s", in(ns, SECOND));
	else if (in(ns, SECOND) < 600)
		two(buf, in(ns, SECOND), 60, "min", "s");
	else if (in(ns, MINUTE) < 60)
		snprintf(buf, WORDS, "%llu min", in(ns, MINUTE));
	else if (in(ns, MINUTE) < 2880)
		two(buf, in(ns, MINUTE), 60, "h", "min");
	else
		two(buf, in(ns, HOUR), 24, "d", "h");
	return buf;
}
