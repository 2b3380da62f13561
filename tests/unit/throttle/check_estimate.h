/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_ESTIMATE_H
#define SLUICE_CHECK_ESTIMATE_H

#include <check.h>

#include "check_run.h"
#include "throttle/estimate_told.h"
#include "throttle/estimate_view.h"
#include "throttle/estimate_window.h"

/* What the estimate's tests share: one of them, and a clock. */

#define U	ESTIMATE_UNIT
#define MS	1000000ULL
#define SEC	1000000000ULL
#define HOUR	(3600 * SEC)
#define RTT	MS

static struct estimate	 e;
static uint64_t		 now;

static inline void
setup(void)
{
	estimate_init(&e, true);
	now = 100 * SEC;
}

static inline void
teardown(void)
{
	estimate_clear(&e);
}

/* One goes now, and is answered a round trip later. */
static inline void
go(enum budget_verdict verdict)
{
	struct estimate_mark mark;

	estimate_tick(&e, now);
	ck_assert_uint_le(estimate_due(&e, now), now);
	estimate_take(&e, &mark, now, now);
	now += RTT;
	estimate_tick(&e, now);
	if (verdict == BUDGET_THROTTLED)
		estimate_dropped(&e);
	else
		estimate_counted(&e, mark.sent, now);
	estimate_answered(&e, &mark, verdict, now);
}

/* It goes when that is due; returns how long that took (ns). */
static inline uint64_t
go_when_due(enum budget_verdict verdict)
{
	uint64_t due, from = now;

	estimate_tick(&e, now);
	due = estimate_due(&e, now);
	ck_assert_uint_ne(due, ESTIMATE_NEVER);
	if (due > now)
		now = due;
	go(verdict);
	return now - from - RTT;
}

/* n go at once, the next is refused, and w (ns) after the first it opens. */
static inline void
one_window(unsigned n, uint64_t w)
{
	uint64_t first = now + RTT;
	unsigned i;

	for (i = 0; i < n; i++)
		go(BUDGET_SUCCESS);
	go(BUDGET_THROTTLED);
	for (;;) {
		estimate_tick(&e, now);
		if (estimate_due(&e, now) >= first + w)
			break;
		go_when_due(BUDGET_THROTTLED);
	}
	go_when_due(BUDGET_SUCCESS);
}

static inline struct estimate_view
view(void)
{
	struct estimate_view v;

	estimate_view(&e, &v);
	return v;
}

/* Refused from now on, until so long (ns) has gone by; then it is open. */
static inline void
shut_for(uint64_t ns)
{
	uint64_t end = now + ns;

	for (;;) {
		estimate_tick(&e, now);
		if (now >= end || estimate_due(&e, now) >= end)
			break;
		go_when_due(BUDGET_THROTTLED);
	}
	go_when_due(BUDGET_SUCCESS);
}

static inline void
succeed(unsigned n)
{
	while (n-- > 0)
		go_when_due(BUDGET_SUCCESS);
}

static inline void
is_window_of(uint64_t n)
{
	ck_assert_uint_eq(view().nlimits, 1);
	ck_assert_int_eq(view().limits[0].kind, ESTIMATE_WINDOW);
	ck_assert_uint_eq(view().limits[0].n, n);
}

#endif
