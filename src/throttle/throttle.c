/* SPDX-License-Identifier: ISC */

/*
 * The life of a throttle, and of those who ask it.
 *
 * A throttle is made with full buckets, and freed when nobody is left in its
 * queue.  In between callers ask it, and fetch who may go now from it: nothing
 * happens by itself.  Time comes with each call (throttle_tick()) and changes
 * budgets alone, so a waiter only moves by the call that names it, by
 * throttle_next() and by throttle_hopeless().
 *
 * A waiter is in one of three states:
 *
 *   none      neither fair.flow nor held is set: not known to the throttle, and
 *             the caller's to free.
 *   queued    fair.flow is set: it waits in a lane of the queue, and has spent
 *             nothing.  A member of its named part, if it is in one.
 *   admitted  held is set: it has paid, and holds a slot of the host's budget
 *             and of its part's and its named part's, of which it is a
 *             member.  What is learned of both, if it is, counts it.
 *
 *   from      to         by
 *   none      admitted   throttle_ask(), where it may go at once
 *   none      queued     throttle_ask(), where it has to wait
 *   queued    admitted   throttle_next()
 *   queued    none       throttle_cancel(), throttle_hopeless()
 *   admitted  queued     throttle_return(): sent back, goes before all others
 *   admitted  none       throttle_release(), throttle_refund()
 *   none      queued     throttle_requeue(), from another throttle
 *   none      admitted   throttle_hold(), from another throttle
 *
 * One that is admitted loses two things, each once and in any order; what is
 * left of them at its end goes with throttle_release():
 *
 *   settled   its verdict was given, by throttle_verdict(): no budget waits for
 *             it any more, and what it paid is spent for good, unless that was
 *             neutral.
 *   slotless  its slot was given back, by throttle_release_slot().
 *
 * Lane 0 of the queue is for those in no part, lane i + 1 for part i, lanes
 * from FAIR_LANES on for those in several parts, or in a named one, alone or with
 * others.
 * Among the first ones of all lanes whose parts allow them to go now, the one
 * whose turn it is by fairness is next; if the host's budget does not allow
 * that one, nobody goes.
 *
 * Who is fetched late is accounted when it could have gone, but not before
 * unblocked_at: when something other than rates, pauses and shapes (a slot, a
 * verdict, new limits, one who was before it) last stopped being in the way.
 * Each call that lets somebody go in such a way sets it.
 */

#include "throttle/throttle.h"

#include <assert.h>
#include <stdlib.h>

#include "throttle/throttle_budgets.h"
#include "throttle/throttle_estimate.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_learn.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_meter_move.h"
#include "throttle/throttle_slots.h"
#include "throttle/throttle_tick.h"
#include "throttle/throttle_total.h"

struct throttle *
throttle_new(const struct throttle_limits *limits)
{
	struct throttle_meters *meters = NULL;
	struct throttle *t;

	t = calloc(1, sizeof *t);
	if (t == NULL)
		return NULL;
	TAILQ_INIT(&t->sent);
	t->queue = fair_new(limits->nparts + 1, limits->trust_priority);
	if (t->queue == NULL || !throttle_set_parts(t, limits) ||
	    !throttle_meters_make(limits, THROTTLE_METERS_OWN, &meters)) {
		throttle_free(t);
		return NULL;
	}
	budget_init(&t->host, &limits->host, limits->learning, t->windows);
	throttle_estimate(t, limits);
	LIST_INIT(&t->deposits);
	throttle_meters_set(&t->meters, meters, limits, 0);
	t->trust = limits->trust_priority;
	t->queue_length = limits->queue_length;
	return t;
}

static void
free_named(struct throttle *t)
{
	unsigned i;

	for (i = 0; t->learned != NULL && i < THROTTLE_NAMED_PARTS; i++)
		free(t->learned->named[i]);
	free(t->learned);
}

void
throttle_free(struct throttle *t)
{
	if (t == NULL)
		return;
	throttle_join(t, NULL, NULL);
	throttle_budgets_close(t);
	throttle_slots_end(t);
	throttle_learn_end(t);
	throttle_forget_behind(t);
	fair_free(t->queue);
	throttle_estimate(t, NULL);
	free_named(t);
	throttle_meters_free(&t->meters);
	free(t->parts);
	free(t->windows);
	free(t);
}

/* How it stands */

uint64_t
throttle_deadline(const struct throttle *t, const struct throttle_waiter *w)
{
	uint64_t from = larger(w->since, throttle_paused_until(t,
	    THROTTLE_WHOLE));
	unsigned i;

	if (w->grace != 0)
		return w->grace;
	if (!w->again_waits || w->again == 0)
		return w->deadline;
	if (w->part != THROTTLE_WHOLE)
		from = larger(from, t->parts[w->part].paused_until);
	for (i = 0; i < w->also.n; i++)
		from = larger(from, t->parts[w->also.parts[i]].paused_until);
	if (w->named != 0)
		from = larger(from, throttle_paused_until(t,
		    THROTTLE_NAMED_PART(w->named)));
	return from > THROTTLE_NEVER - w->again || from + w->again > w->latest ?
	    w->latest : from + w->again;
}

static bool
named_are_idle(const struct throttle *t, uint64_t now)
{
	unsigned i;

	for (i = 0; t->learned != NULL && i < THROTTLE_NAMED_PARTS; i++)
		if (t->learned->named[i] != NULL &&
		    (!budget_idle(&t->learned->named[i]->budget, now) ||
		    (t->learned->named[i]->estimate != NULL &&
		    !estimate_is_idle(t->learned->named[i]->estimate, now))))
			return false;
	return true;
}

/* Others are to hear of it yet, who cannot once it is dropped. */
static bool
has_order(const struct throttle *t)
{
	return t->ordered != 0 || t->untold || throttle_learn_has_order(t);
}

bool
throttle_idle(struct throttle *t, uint64_t now)
{
	unsigned i;

	throttle_tick(t, now);
	if (fair_length(t->queue) > 0 || !budget_idle(&t->host, now) ||
	    (t->estimate != NULL && !estimate_is_idle(t->estimate, now)) ||
	    (t->learner != NULL && t->learner->has) ||
	    has_order(t) ||
	    !throttle_meters_idle(t->meters, now))
		return false;
	for (i = 0; i < t->nparts; i++)
		if (!budget_idle(&t->parts[i], now))
			return false;
	return named_are_idle(t, now);
}

/* Whether somebody in the queue is under a budget, alone or beside others. */
static bool
waits_for(struct throttle *t, const struct budget *of)
{
	struct budget *b[THROTTLE_INNER];
	unsigned lane, n;

	for (lane = 0; lane < FAIR_END; lane = fair_next_lane(t->queue, lane)) {
		if (first_of(t, lane) == NULL)
			continue;
		for (n = inner_budgets(t, pair_of(t, lane), b); n > 0; n--)
			if (b[n - 1] == of)
				return true;
	}
	return false;
}

bool
throttle_is_wanted(struct throttle *t, const struct throttle_waiter *w)
{
	struct budget *b[THROTTLE_INNER];
	unsigned n;

	if (!w->held || w->slotless)
		return false;
	if (has_no_slot(&t->host) && fair_length(t->queue) > 0)
		return true;
	for (n = inner_budgets(t, pair_of_waiter(w), b); n > 0; n--)
		if (has_no_slot(b[n - 1]) && waits_for(t, b[n - 1]))
			return true;
	return throttle_total_is_wanted(t, w);
}

uint32_t
throttle_waiting(const struct throttle *t)
{
	return (uint32_t)fair_length(t->queue);
}

uint32_t
throttle_waiting_of(const struct throttle *t, uint64_t client)
{
	return (uint32_t)fair_length_of(t->queue, client);
}

uint32_t
throttle_inflight(const struct throttle *t)
{
	return t->host.inflight;
}

uint64_t
throttle_paused_until(const struct throttle *t, unsigned part)
{
	if (part == THROTTLE_WHOLE)
		return larger(t->host.paused_until,
		    throttle_estimate_shut(t));
	if (part > THROTTLE_WHOLE)
		return larger(t->learned->named[part - THROTTLE_WHOLE - 1]->
		    budget.paused_until,
		    part_estimate_shut(t, part - THROTTLE_WHOLE));
	assert(part < t->nparts);
	return t->parts[part].paused_until;
}

bool
throttle_is_held_up(const struct throttle *t, uint64_t now)
{
	return t->host.paused_until > now || t->host.window != 0 ||
	    (t->estimate != NULL && t->estimate->phase == ESTIMATE_SHUT);
}

bool
throttle_has_opened(const struct throttle *t, uint64_t now)
{
	const struct budget *b = &t->host;

	return b->paused_until <= now && (b->window == 0 || b->passed > 0) &&
	    (t->estimate == NULL || t->estimate->phase != ESTIMATE_SHUT);
}
