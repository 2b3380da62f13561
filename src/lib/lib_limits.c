/* SPDX-License-Identifier: ISC */
#include <sluice/throttle.h>

#include <stdlib.h>

#include "lib/lib_types.h"

#define LONGEST	(3652 * 86400 * UINT64_C(1000000000)) /* ns */

struct sluice_limits *
sluice_limits_new(void)
{
	struct sluice_limits *l = calloc(1, sizeof *l);

	if (l != NULL)
		l->queue_length = UINT32_MAX;
	return l;
}

void
sluice_limits_free(struct sluice_limits *l)
{
	free(l);
}

static uint64_t
larger_of(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Whether all of it comes back within a time that can be computed with. */
static bool
refills(const struct gcra_rate *rate)
{
	wide cost = larger_of(rate->burst, BUDGET_UNIT);

	return cost * rate->period / rate->capacity < LONGEST;
}

static bool
is_sound(const struct gcra_rate *rate)
{
	if (rate->capacity == 0 || rate->capacity > SLUICE_COST_MAX ||
	    rate->period == 0 || rate->period > SLUICE_PERIOD_MAX ||
	    rate->burst > SLUICE_COST_MAX || !refills(rate))
		return false;
	return !rate->strict ||
	    rate->burst <= larger_of(rate->capacity, BUDGET_UNIT);
}

enum sluice_result
sluice_limits_rate(struct sluice_limits *l, uint64_t capacity, uint64_t period,
    uint64_t burst, unsigned flags)
{
	struct gcra_rate rate = {
		.capacity = capacity,
		.period = period,
		.burst = burst != 0 ? burst : larger_of(capacity, BUDGET_UNIT),
		.strict = (flags & SLUICE_STRICT) != 0,
	};

	if ((flags & ~(unsigned)SLUICE_STRICT) != 0 || !is_sound(&rate))
		return SLUICE_BAD_RATE;
	if (l->budget.nrates == SLUICE_RATES)
		return SLUICE_MANY_RATES;
	l->budget.rates[l->budget.nrates++] = rate;
	return SLUICE_OK;
}

void
sluice_limits_concurrency(struct sluice_limits *l, uint32_t n)
{
	l->budget.concurrency = n;
}

void
sluice_limits_queue(struct sluice_limits *l, uint32_t n)
{
	l->queue_length = n;
}

void
sluice_limits_careful(struct sluice_limits *l, int careful)
{
	l->careful = careful != 0;
}
