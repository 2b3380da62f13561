/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_THROTTLE_H
#define SLUICE_CHECK_THROTTLE_H

#include <check.h>
#include <stdint.h>

#include "check_run.h"
#include "throttle/throttle.h"

/* What the throttle's tests share. */

#define U	BUDGET_UNIT
#define MS	1000000ULL
#define SEC	1000000000ULL
#define NEVER	THROTTLE_NEVER

static inline struct throttle_limits
one_rate(uint64_t capacity, uint64_t period, uint64_t burst)
{
	struct throttle_limits l = { .host.nrates = 1, .queue_length = 1000 };

	l.host.rates[0].capacity = capacity;
	l.host.rates[0].period = period;
	l.host.rates[0].burst = burst;
	return l;
}

static inline struct throttle_limits
add_rate(struct throttle_limits l, uint64_t capacity, uint64_t period,
    uint64_t burst)
{
	l.host.rates[l.host.nrates].capacity = capacity;
	l.host.rates[l.host.nrates].period = period;
	l.host.rates[l.host.nrates].burst = burst;
	l.host.nrates++;
	return l;
}

static inline struct throttle_limits
slots(uint32_t concurrency)
{
	struct throttle_limits l = { .queue_length = 1000 };

	l.host.concurrency = concurrency;
	return l;
}

static inline struct throttle *
new_throttle(struct throttle_limits l)
{
	struct throttle *t = throttle_new(&l);

	ck_assert_ptr_nonnull(t);
	return t;
}

static inline struct throttle_request
request_of(uint64_t cost, uint64_t deadline)
{
	return (struct throttle_request){
		.cost = cost,
		.deadline = deadline,
		.weight = FAIR_WEIGHT,
		.urgency = FAIR_URGENCY,
		.part = THROTTLE_WHOLE,
	};
}

/* Asks and expects that answer; returns the start. */
static inline uint64_t
ask(struct throttle *t, struct throttle_waiter *w, uint64_t cost,
    uint64_t deadline, uint64_t now, enum throttle_answer answer)
{
	struct throttle_request q = request_of(cost, deadline);
	struct throttle_report r;

	ck_assert_int_eq(throttle_ask(t, w, &q, now, &r), answer);
	return r.start;
}

/* Admits one that has its verdict at once, and keeps its slot. */
static inline void
go(struct throttle *t, uint64_t cost, uint64_t now)
{
	struct throttle_waiter w;

	ck_assert_uint_eq(ask(t, &w, cost, NEVER, now, THROTTLE_GO), now);
	throttle_verdict(t, &w, BUDGET_SUCCESS, now);
}

/* Gives back the slot of one that had its verdict. */
static inline void
give_back(struct throttle *t, uint64_t now)
{
	struct throttle_waiter w = {
		.part = THROTTLE_WHOLE,
		.held = true,
		.settled = true,
		.counted = true,
	};

	throttle_release(t, &w, now);
}

static inline uint64_t
wait_for(struct throttle *t, struct throttle_waiter *w, uint64_t cost,
    uint64_t now)
{
	return ask(t, w, cost, NEVER, now, THROTTLE_WAIT);
}

/* The earliest computed start of a newcomer of that cost. */
static inline uint64_t
start_of(struct throttle *t, uint64_t cost, uint64_t now)
{
	struct throttle_waiter w = {
		.fair = {
			.cost = cost,
			.weight = FAIR_WEIGHT,
			.urgency = FAIR_URGENCY,
		},
		.part = THROTTLE_WHOLE,
	};
	struct throttle_report r;

	throttle_report(t, &w, now, &r);
	return r.start;
}

static inline bool
pause_host(struct throttle *t, uint64_t until, uint64_t now)
{
	return throttle_pause(t, THROTTLE_WHOLE, until, now);
}

static inline void
resume_host(struct throttle *t, uint64_t now)
{
	throttle_resume(t, THROTTLE_WHOLE, now);
}

/* The head leaves exactly at that instant, not a nanosecond sooner. */
static inline void
leaves_at(struct throttle *t, struct throttle_waiter *w, uint64_t at)
{
	if (at > 0) {
		ck_assert_uint_eq(throttle_wake(t, at - 1), at);
		ck_assert_ptr_null(throttle_next(t, at - 1));
	}
	ck_assert_uint_le(throttle_wake(t, at), at);
	ck_assert_ptr_eq(throttle_next(t, at), w);
}

#endif
