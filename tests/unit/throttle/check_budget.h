/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_BUDGET_H
#define SLUICE_CHECK_BUDGET_H

#include <check.h>

#include "throttle/budget.h"
#include "throttle/budget_recovery.h"

/* What the tests of the budget share. */

#define U	BUDGET_UNIT
#define MS	1000000ULL
#define SEC	1000000000ULL
#define NEVER	BUDGET_NEVER

static inline struct budget
new_budget(uint64_t per_second, uint32_t concurrency)
{
	struct budget_limits l = { .concurrency = concurrency };
	struct budget b;

	if (per_second > 0) {
		l.nrates = 1;
		l.rates[0].capacity = l.rates[0].burst = per_second * U;
		l.rates[0].period = SEC;
	}
	budget_init(&b, &l, false, NULL);
	return b;
}

/* Admits one that the budget allows. */
static inline uint32_t
take(struct budget *b, uint64_t now)
{
	budget_tick(b, now);
	ck_assert(budget_allows(b, U, now));
	return budget_take(b, U, now, now);
}

static inline void
done(struct budget *b, uint32_t epoch, enum budget_verdict verdict)
{
	budget_verdict(b, epoch, verdict, b->last);
	budget_release(b);
}

/* Admits all that the budget allows now, and says how many those were. */
static inline unsigned
take_all(struct budget *b, uint64_t now)
{
	unsigned n = 0;

	for (; n < 5000 && budget_allows(b, U, now); n++)
		budget_take(b, U, now, now);
	return n;
}

static inline void
all_done(struct budget *b, unsigned n, enum budget_verdict verdict)
{
	while (n-- > 0)
		done(b, b->epoch, verdict);
}

#endif
