/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_BUDGET_H
#define SLUICE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* The limits of what may be spent: rates and slots. */

#define BUDGET_UNIT	1000000ULL	/* micro cost units in one unit */
#define BUDGET_RATES	8		/* rates of one budget at most */

/* One rate: capacity per period, with a burst. */
struct budget_rate {
	uint64_t capacity;	/* micro cost units per period, not 0 */
	uint64_t period;	/* ns, not 0 */
	uint64_t burst;		/* micro cost units, not 0 */
	/*
	 * No window of one period sees more than capacity: refills at
	 * (capacity - burst) per period.  Where burst >= capacity (a capacity
	 * of 1 or less) it refills at capacity per period.
	 */
	bool	 strict;
};

struct budget_limits {
	struct budget_rate	 rates[BUDGET_RATES];
	unsigned		 nrates;	/* 0: no limit of rate */
	uint32_t		 concurrency;	/* slots; 0: no limit */
};

#endif
