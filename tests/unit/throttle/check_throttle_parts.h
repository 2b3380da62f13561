/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_THROTTLE_PARTS_H
#define SLUICE_CHECK_THROTTLE_PARTS_H

#include "check_throttle.h"

/* What tests of a throttle's parts share. */

/* A host and two parts: of one request a second, and of one slot. */
static inline struct throttle *
with_parts(struct throttle_limits l)
{
	static struct budget_limits part[2];

	part[0] = one_rate(U, SEC, U).host;
	part[1] = slots(1).host;
	l.parts[0] = &part[0];
	l.parts[1] = &part[1];
	l.nparts = 2;
	l.queue_length = 1000;
	return new_throttle(l);
}

static inline enum throttle_answer
ask_part(struct throttle *t, struct throttle_waiter *w, unsigned part,
    uint64_t now, struct throttle_report *r)
{
	struct throttle_request q = request_of(U, NEVER);

	q.part = part;
	return throttle_ask(t, w, &q, now, r);
}

static inline void
part_goes(struct throttle *t, struct throttle_waiter *w, unsigned part,
    uint64_t now)
{
	struct throttle_report r;

	ck_assert_int_eq(ask_part(t, w, part, now, &r), THROTTLE_GO);
	ck_assert_uint_eq(r.start, now);
}

static inline struct throttle_report
part_waits(struct throttle *t, struct throttle_waiter *w, unsigned part,
    uint64_t now)
{
	struct throttle_report r;

	ck_assert_int_eq(ask_part(t, w, part, now, &r), THROTTLE_WAIT);
	return r;
}

static inline void
is_short(struct throttle_report r, enum budget_short what, bool of_part,
    uint64_t start)
{
	ck_assert_int_eq(r.what, what);
	ck_assert_int_eq(r.of_part, of_part);
	ck_assert_uint_eq(r.start, start);
}

static inline void
success(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	throttle_verdict(t, w, BUDGET_SUCCESS, now);
	throttle_release(t, w, now);
}

#endif
