/* SPDX-License-Identifier: ISC */
#include "hosts/observe_events.h"

#include <stdlib.h>
#include <string.h>

#include "throttle/throttle_meter.h"

/*
 * A simulation by events.  A place is in one of three states, which
 * observe_set_state() alone changes:
 *
 *   WAITS	in the throttle's queue.  Its next event is its deadline.
 *   HELD	admitted.  Its next event is the first of what it will do: hear
 *		its answer, give its slot back, end.  As long as what it really
 *		does has not come so far it has none.
 *   OUT	neither, nor ever again.
 *
 *   none -> WAITS, HELD, OUT	observe_ask()
 *   WAITS -> HELD		admit()
 *   WAITS -> OUT		fire(): it was late; refuse_hopeless();
 *				observe_leave(), observe_yielded()
 *   HELD -> OUT		fire(): its end
 *
 * Events are in a tree by their instants; the throttle itself knows one more,
 * when somebody may go by the passing of time (throttle_wake()).  Of those of
 * one instant slots that come back are first and deadlines last, so that who
 * may go at the last moment does.
 *
 * A place is freed when it is OUT and its request has ended.
 */

#define NEVER		THROTTLE_NEVER

RB_PROTOTYPE(observed_due, observed, due, compare_due)

static int
compare_due(const struct observed *a, const struct observed *b)
{
	bool a_waits = a->state == OBSERVED_WAITS;
	bool b_waits = b->state == OBSERVED_WAITS;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if (a_waits != b_waits)
		return a_waits ? 1 : -1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

RB_GENERATE(observed_due, observed, due, compare_due)

static struct observed *
observed_of(struct throttle_waiter *w)
{
	return (struct observed *)(void *)((char *)w -
	    offsetof(struct observed, waiter));
}

/* Decisions */

void
observe_decide(struct observe *o, struct observed *p,
    enum stats_decision decision)
{
	p->view.decided = true;
	p->view.decision = decision;
	p->view.wait = o->now - p->asked;
	o->decided[decision]++;
	o->uncounted = true;
	if (decision != STATS_WOULD_REFUSE)
		stats_observe(&o->waits, p->view.wait);
}

bool
observe_is_uncounted(const struct observe *o)
{
	return o->uncounted;
}

void
observe_count(struct observe *o, struct stats_block *stats)
{
	unsigned i;

	for (i = 0; i < STATS_DECISIONS; i++) {
		stats_add(&stats->observed[i], o->decided[i] - o->counted[i]);
		o->counted[i] = o->decided[i];
	}
	for (i = 0; i < STATS_BUCKETS + 1; i++)
		stats_add(&stats->observed_wait.buckets[i],
		    o->waits.buckets[i]);
	stats_add(&stats->observed_wait.sum, o->waits.sum);
	memset(&o->waits, 0, sizeof o->waits);
	o->uncounted = false;
}

/* States and events */

/* How long it holds what it has before it does the next thing; or NEVER. */
static uint64_t
next_after(const struct observed *p)
{
	uint64_t after = p->hears;

	if (p->gives_slot < after)
		after = p->gives_slot;
	return p->ends < after ? p->ends : after;
}

static uint64_t
next_event(const struct observe *o, const struct observed *p)
{
	uint64_t after = next_after(p);

	if (p->state == OBSERVED_WAITS)
		return p->waiter.deadline;
	if (p->state == OBSERVED_OUT || after == NEVER)
		return NEVER;
	/* what is past already is done now */
	return p->admitted + after < o->now ? o->now : p->admitted + after;
}

/* Its next event is another one, or comes at another time. */
void
observe_schedule(struct observe *o, struct observed *p,
    enum observed_state state)
{
	if (p->at != NEVER)
		RB_REMOVE(observed_due, &o->due, p);
	p->state = state;
	p->at = next_event(o, p);
	if (p->at != NEVER)
		RB_INSERT(observed_due, &o->due, p);
}

void
observe_free_place(struct observe *o, struct observed *p)
{
	LIST_REMOVE(p, entry);
	if (p->place != NULL)
		*p->place = NULL;
	if (o->memory != NULL)
		memory_sub(o->memory, sizeof *p +
		    (p->wants != NULL ? p->wants->size : 0));
	free(p->wants);
	free(p);
}

void
observe_set_state(struct observe *o, struct observed *p, enum observed_state to)
{
	if (to == OBSERVED_HELD && p->state != to)
		p->admitted = o->now;
	o->changed = true;
	observe_schedule(o, p, to);
	if (to == OBSERVED_OUT && p->place == NULL)
		observe_free_place(o, p);
}

/* Takes one that waits out of the queue. */
void
observe_leave(struct observe *o, struct observed *p,
    enum stats_decision decision)
{
	throttle_cancel(o->throttle, &p->waiter);
	observe_decide(o, p, decision);
	observe_set_state(o, p, OBSERVED_OUT);
}

void
observe_yielded(struct observe *o, struct observed *p)
{
	struct observed *other;

	if (p->view.report.yielded == NULL)
		return;
	other = observed_of(p->view.report.yielded);
	p->view.report.yielded = NULL;
	other->view.full = true;
	observe_decide(o, other, STATS_WOULD_REFUSE);
	observe_set_state(o, other, OBSERVED_OUT);
}

/* Returns how many went. */
static unsigned
admit(struct observe *o)
{
	struct throttle_waiter *w;
	struct observed *p;
	unsigned n = 0;

	while ((w = throttle_next(o->throttle, o->now)) != NULL) {
		p = observed_of(w);
		observe_decide(o, p, STATS_WOULD_WAIT);
		observe_set_state(o, p, OBSERVED_HELD);
		n++;
	}
	return n;
}

static void
refuse_hopeless(struct observe *o)
{
	struct throttle_queue out = TAILQ_HEAD_INITIALIZER(out);
	struct throttle_waiter *w;
	struct observed *p;

	throttle_hopeless(o->throttle, o->now, &out);
	while ((w = TAILQ_FIRST(&out)) != NULL) {
		TAILQ_REMOVE(&out, w, entry);
		p = observed_of(w);
		observe_decide(o, p, STATS_WOULD_REFUSE);
		observe_set_state(o, p, OBSERVED_OUT);
	}
}

/* What it has taken of named budgets is settled first, if that is known. */
static void
fire_end(struct observe *o, struct observed *p)
{
	if (p->refund)
		throttle_refund(o->throttle, &p->waiter, o->now);
	else {
		if (p->wants != NULL && p->wants->known)
			throttle_settle(o->throttle, &p->waiter,
			    p->wants->used, o->now);
		throttle_release(o->throttle, &p->waiter, o->now);
	}
	observe_set_state(o, p, OBSERVED_OUT);
}

/* The next of what an admitted one does. */
static void
fire_held(struct observe *o, struct observed *p)
{
	uint64_t after = next_after(p);

	if (p->hears == after) {
		p->hears = NEVER;
		if (observe_hear(o->throttle, &p->waiter, &p->heard, &o->told,
		    o->now))
			refuse_hopeless(o);
	} else if (p->gives_slot == after) {
		p->gives_slot = NEVER;
		throttle_release_slot(o->throttle, &p->waiter, o->now);
	} else {
		fire_end(o, p);
		return;
	}
	observe_schedule(o, p, p->state);
}

static void
fire(struct observe *o, struct observed *p)
{
	if (p->state == OBSERVED_WAITS)
		observe_leave(o, p, STATS_WOULD_REFUSE);
	else
		fire_held(o, p);
}

/*
 * When somebody may go by time alone, asked anew when something has happened:
 * looking by itself changes nothing then.  The time may show that it is later
 * than it seemed before (one who was first is so no more): who was asked for in
 * vain at that instant is not asked for again.
 */
static uint64_t
next_wake(struct observe *o, bool in_vain)
{
	if (!o->changed)
		return o->wake;
	o->changed = false;
	o->wake = throttle_wake(o->throttle, o->now);
	if (o->wake <= o->now)
		o->wake = in_vain ? NEVER : o->now;
	return o->wake;
}

/* Whether a place's event comes before somebody may go by time alone. */
static bool
comes_first(const struct observed *p, uint64_t wake)
{
	return p->at < wake || (p->at == wake && p->state == OBSERVED_HELD);
}

void
observe_run(struct observe *o, uint64_t now)
{
	struct observed *p;
	bool in_vain = false;
	uint64_t wake;

	for (;;) {
		wake = next_wake(o, in_vain);
		p = RB_MIN(observed_due, &o->due);
		if (p != NULL && !comes_first(p, wake))
			p = NULL;
		if ((p != NULL ? p->at : wake) > now)
			break;
		o->now = p != NULL ? p->at : wake;
		if (p != NULL)
			fire(o, p);
		in_vain = admit(o) == 0 && p == NULL;
		o->changed = true;
	}
	if (o->now < now)
		o->now = now;
}
