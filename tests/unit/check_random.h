/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_RANDOM_H
#define SLUICE_CHECK_RANDOM_H

#include <check.h>
#include <stdint.h>

/* What tests of random histories share; a seed repeats one. */

static uint64_t seed;		/* of the history */
static unsigned step;
static uint64_t state;		/* of the generator: xorshift64* */

static void
broken(const char *what, int line)
{
	ck_abort_msg("seed %llu, step %u, line %d: %s",
	    (unsigned long long)seed, step, line, what);
}

/* An assertion of Check itself leaves a trace each time: too slow here. */
#define must(x)	do { if (!(x)) broken(#x, __LINE__); } while (0)

static uint64_t
any(uint64_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545f4914f6cdd1dULL >> 11) % below;
}

#endif
