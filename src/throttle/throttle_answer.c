/* SPDX-License-Identifier: ISC */

/*
 * What the host's answers say: what became of a request, and of pauses, resets
 * and requests left.
 */

#include "throttle/throttle.h"

#include "throttle/budget_recovery.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_part.h"
#include "throttle/throttle_tick.h"
#include "throttle/throttle_total.h"

#define ENOUGH	2	/* served in a row: it is open */

/* Returns whether one waits by what is learned of the host, or of its part. */
static bool
is_shut(const struct throttle *t, const struct throttle_waiter *w, uint64_t now)
{
	return (t->estimate != NULL && estimate_due(t->estimate, now) > now) ||
	    part_estimate_due(t, w->named, now) > now;
}

/* Whose limit of requests it is by which one was refused. */
enum refused_by {
	BY_HOST,
	BY_PART,
	BY_NEITHER,
};

/* Who is refused by one of the two was not by the other, nor counted there. */
static void
teach_estimates(struct throttle *t, struct throttle_waiter *w,
    enum budget_verdict verdict, enum refused_by by, uint64_t now)
{
	bool refused = verdict == BUDGET_THROTTLED;

	if (refused && by != BY_NEITHER && !w->counted) {
		if (t->estimate != NULL)
			estimate_dropped(t->estimate);
		w->refused = true;
		throttle_part_dropped(t, w);
	}
	throttle_count(t, w, now);
	if (t->estimate != NULL)
		estimate_answered(t->estimate, &w->mark, refused && by != BY_HOST ?
		    BUDGET_NEUTRAL : verdict, now);
	throttle_part_answered(t, w, refused && by != BY_PART ?
	    BUDGET_NEUTRAL : verdict, now);
}

/*
 * Who was sent back goes before all others, for his turn was taken from him; but
 * who has asked in vain whether the host is open may be refused for what he is.
 * So others go before all of these, until the host has served two, or refuses who
 * goes after one that it served.  Else a client's requests for what it may not
 * have would be each question, and nobody else would reach the host.  Who goes
 * after one that was served asks nothing: he may be refused for what that one
 * took, so he is not put there again and again.  Who is served, but went before
 * the last refusal, does not count for that.  Returns whether that is new.
 */
static bool
set_turns(struct throttle *t, const struct throttle_waiter *w,
    enum budget_verdict verdict)
{
	bool since = w->turn == t->turn, after = t->served > 0;

	if (verdict == BUDGET_NEUTRAL)
		return false;
	if (verdict == BUDGET_SUCCESS) {
		t->open = t->open || since;
		if (t->served < ENOUGH)
			t->served++;
		return t->served == ENOUGH &&
		    fair_returned_last(t->queue, false);
	}
	t->served = 0;
	if (since) {
		t->turn++;
		t->open = false;
	}
	if (w->asks_again || w->mark.role == ESTIMATE_PROBE ||
	    w->part_mark.role == ESTIMATE_PROBE)
		return fair_returned_last(t->queue, true);
	return after && fair_returned_last(t->queue, false);
}

static void
judge(struct throttle *t, struct throttle_waiter *w,
    enum budget_verdict verdict, enum refused_by by, uint64_t now)
{
	struct budget *b, *named;
	unsigned i;
	bool held, estimated, turned;

	w->settled = true;
	turned = set_turns(t, w, verdict);
	estimated = is_shut(t, w, now);
	teach_estimates(t, w, verdict, by, now);
	if (verdict != BUDGET_NEUTRAL)
		throttle_spend(w->deposit);
	b = part_budget(t, w->part);
	named = named_budget(t, w->named);
	held = !has_room(t, w);
	budget_verdict(&t->host, w->epoch, verdict, now);
	if (b != NULL)
		budget_verdict(b, w->part_epoch, verdict, now);
	for (i = 0; b != NULL && i < w->also.n; i++)
		budget_verdict(part_budget(t, w->also.parts[i]),
		    w->also_epochs[i], verdict, now);
	if (named != NULL)
		budget_verdict(named, w->named_epoch, verdict, now);
	if (t->total != NULL)
		throttle_total_verdict(t, w, verdict, now);
	/* A neutral one may let a shape's next one go sooner. */
	if (held || estimated || turned || verdict == BUDGET_NEUTRAL)
		set_unblocked_at(t, now);
}

void
throttle_verdict(struct throttle *t, struct throttle_waiter *w,
    enum budget_verdict verdict, uint64_t now)
{
	if (!w->held || w->settled)
		return;
	throttle_tick(t, now);
	judge(t, w, verdict, BY_HOST, now);
}

void
throttle_part_refused(struct throttle *t, struct throttle_waiter *w,
    uint64_t now)
{
	if (!w->held || w->settled)
		return;
	throttle_tick(t, now);
	if (throttle_part_learn(t, w->named) != NULL && !w->part_mark.waits)
		throttle_part_join(t, w, now);
	judge(t, w, BUDGET_THROTTLED, BY_PART, now);
}

void
throttle_refused_aside(struct throttle *t, struct throttle_waiter *w,
    uint64_t now)
{
	if (!w->held || w->settled)
		return;
	throttle_tick(t, now);
	judge(t, w, BUDGET_THROTTLED, BY_NEITHER, now);
	w->mark.role = w->part_mark.role = ESTIMATE_PLAIN;
	w->mark.guess = w->part_mark.guess = false;
}

/* What the host says */

bool
throttle_pause(struct throttle *t, unsigned part, uint64_t until, uint64_t now)
{
	throttle_tick(t, now);
	if (!budget_pause(throttle_budget_of(t, part), until, now))
		return false;
	/* Whom this part's first one held up may pass it. */
	if (part != THROTTLE_WHOLE)
		set_unblocked_at(t, now);
	return true;
}

void
throttle_shorten(struct throttle *t, uint64_t longest, uint64_t now)
{
	bool shorter;
	unsigned i;

	throttle_tick(t, now);
	shorter = budget_shorten(&t->host, longest, now);
	for (i = 0; i < t->nparts; i++)
		shorter |= budget_shorten(&t->parts[i], longest, now);
	for (i = 0; t->learned != NULL && i < THROTTLE_NAMED_PARTS; i++)
		if (t->learned->named[i] != NULL)
			shorter |= budget_shorten(
			    &t->learned->named[i]->budget, longest, now);
	if (t->estimate != NULL)
		shorter |= estimate_shorten(t->estimate, now + longest);
	for (i = 1; i <= THROTTLE_NAMED_PARTS; i++)
		if (part_estimate(t, i) != NULL)
			shorter |= estimate_shorten(part_estimate(t, i),
			    now + longest);
	if (shorter)
		set_unblocked_at(t, now);
}

void
throttle_resume(struct throttle *t, unsigned part, uint64_t now)
{
	struct budget *b = throttle_budget_of(t, part);

	throttle_tick(t, now);
	/* One that is over already went at its end, not now. */
	if (!budget_room(b) || b->paused_until > now)
		set_unblocked_at(t, now);
	else
		set_unblocked_at(t, b->paused_until);
	budget_resume(b);
}

/* The epoch in which a waiter has tried a part, or the host. */
static uint32_t
epoch_in(struct throttle *t, unsigned part, const struct throttle_waiter *w)
{
	unsigned i;

	if (part == THROTTLE_WHOLE)
		return w->epoch;
	if (part == w->part)
		return w->part_epoch;
	for (i = 0; i < w->also.n; i++)
		if (part == w->also.parts[i])
			return w->also_epochs[i];
	if (w->named != 0 && part == THROTTLE_NAMED_PART(w->named))
		return w->named_epoch;
	/* Whoever is not of the part has not tried it. */
	return throttle_budget_of(t, part)->epoch - 1;
}

uint64_t
throttle_backoff(struct throttle *t, unsigned part,
    const struct throttle_waiter *w, uint64_t base, uint64_t max, uint64_t now)
{
	throttle_tick(t, now);
	return budget_backoff(throttle_budget_of(t, part),
	    epoch_in(t, part, w), base, max, now);
}

bool
throttle_at_once(struct throttle *t, unsigned part,
    const struct throttle_waiter *w, uint64_t now)
{
	throttle_tick(t, now);
	set_unblocked_at(t, now);
	return budget_at_once(throttle_budget_of(t, part),
	    epoch_in(t, part, w), now);
}

void
throttle_shape(struct throttle *t, unsigned part, uint64_t left, uint64_t reset,
    uint64_t now)
{
	throttle_tick(t, now);
	budget_shape(throttle_budget_of(t, part), left, reset, now);
	set_unblocked_at(t, now);
}
