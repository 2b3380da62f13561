/* SPDX-License-Identifier: ISC */
#include "hosts/observe.h"

#include <stdlib.h>

#include "throttle/throttle_meter_move.h"

#define NEVER		THROTTLE_NEVER
#define TYPICAL_SHARE	8	/* of the newest in what is typical */

/* Its life */

struct observe *
observe_new(const struct throttle_limits *limits)
{
	struct observe *o;

	if ((o = calloc(1, sizeof *o)) == NULL)
		return NULL;
	if ((o->throttle = throttle_new(limits)) == NULL) {
		free(o);
		return NULL;
	}
	o->wake = NEVER;
	RB_INIT(&o->due);
	LIST_INIT(&o->all);
	return o;
}

void
observe_clear(struct observe *o)
{
	struct observed *p;

	while ((p = LIST_FIRST(&o->all)) != NULL) {
		if (p->state == OBSERVED_WAITS) {
			throttle_cancel(o->throttle, &p->waiter);
			observe_decide(o, p, STATS_WOULD_WAIT);
		} else if (p->state == OBSERVED_HELD)
			throttle_release(o->throttle, &p->waiter, o->now);
		observe_free_place(o, p);
	}
}

void
observe_free(struct observe *o)
{
	if (o == NULL)
		return;
	observe_clear(o);
	throttle_free(o->throttle);
	free(o);
}

struct throttle *
observe_throttle(struct observe *o)
{
	o->changed = true;
	return o->throttle;
}

bool
observe_is_idle(struct observe *o, uint64_t now)
{
	observe_run(o, now);
	return LIST_EMPTY(&o->all) && throttle_idle(o->throttle, o->now);
}

bool
observe_limit(struct observe *o, const struct throttle_limits *limits,
    const unsigned *moved, uint64_t now)
{
	struct observed *p;

	observe_run(o, now);
	if (!throttle_limit(o->throttle, limits, moved, o->now))
		return false;
	LIST_FOREACH(p, &o->all, entry)
		if (p->state == OBSERVED_HELD)
			throttle_moved(&p->waiter, moved);
	o->changed = true;
	return true;
}

/* Places */

static struct observed *
new_place(struct observe *o, struct observed **place, struct memory_holder *memory)
{
	struct observed *p;

	if (memory != NULL && memory_is_short(memory))
		return NULL;
	if ((p = calloc(1, sizeof *p)) == NULL)
		return NULL;
	o->memory = memory;
	if (memory != NULL)
		memory_add(memory, sizeof *p);
	p->place = place;
	p->at = p->sent = p->hears = p->gives_slot = p->ends = NEVER;
	p->seq = o->seq++;
	p->asked = o->now;
	LIST_INSERT_HEAD(&o->all, p, entry);
	*place = p;
	return p;
}

/* Its own copy of what it wants; false without memory. */
static bool
take_wants(struct observe *o, struct observed *p, struct throttle_request *q)
{
	if (q->wants == NULL)
		return true;
	if ((p->wants = observed_wants_copy(q->wants)) == NULL)
		return false;
	q->wants = &p->wants->wants;
	if (o->memory != NULL)
		memory_add(o->memory, p->wants->size);
	return true;
}

void
observe_ask(struct observe *o, struct observed **place,
    const struct throttle_request *request, struct memory_holder *memory,
    uint64_t now)
{
	struct throttle_request q = *request;
	struct observed *p;

	*place = NULL;
	observe_run(o, now);
	if ((p = new_place(o, place, memory)) == NULL)
		return;
	if (!take_wants(o, p, &q)) {
		observe_free_place(o, p);
		return;
	}
	q.named = 0;
	q.deposit = request->deposit != NULL ? &p->deposit : NULL;
	switch (throttle_ask(o->throttle, &p->waiter, &q, o->now,
	    &p->view.report)) {
	case THROTTLE_GO:
		observe_decide(o, p, STATS_WOULD_GO);
		observe_set_state(o, p, OBSERVED_HELD);
		break;
	case THROTTLE_WAIT:
		observe_set_state(o, p, OBSERVED_WAITS);
		observe_yielded(o, p);
		break;
	case THROTTLE_FULL:
		p->view.full = true;
		/* fall through */
	case THROTTLE_LATE_START:
		observe_decide(o, p, STATS_WOULD_REFUSE);
		observe_set_state(o, p, OBSERVED_OUT);
		break;
	case THROTTLE_NO_MEMORY:
		observe_free_place(o, p);
		break;
	}
}

/* How long it has really been admitted, in all. */
static uint64_t
held_for(const struct observed *p, uint64_t now)
{
	return p->sent == NEVER ? p->before : p->before + (now - p->sent);
}

void
observe_sent(struct observe *o, struct observed *p, uint64_t now)
{
	if (p == NULL)
		return;
	observe_run(o, now);
	p->sent = now;
}

void
observe_returned(struct observe *o, struct observed *p, uint64_t now)
{
	if (p == NULL)
		return;
	observe_run(o, now);
	p->before = held_for(p, now);
	p->sent = NEVER;
}

void
observe_learn(struct observe *o, struct observed *p, const struct lesson *l,
    uint64_t longest, uint64_t now)
{
	if (p == NULL || p->taught)
		return;
	observe_run(o, now);
	p->taught = true;
	p->hears = held_for(p, now);
	observe_heard(&p->heard, l, longest, now);
	observe_schedule(o, p, p->state);
	observe_run(o, now);
}

void
observe_release_slot(struct observe *o, struct observed *p, uint64_t now)
{
	if (p == NULL)
		return;
	observe_run(o, now);
	p->gives_slot = held_for(p, now);
	observe_schedule(o, p, p->state);
	observe_run(o, now);
}

void
observe_used(struct observed *p, const uint64_t *used)
{
	if (p != NULL)
		observed_wants_used(p->wants, used);
}

/* Of a request that really was admitted. */
static void
learn_typical(struct observe *o, uint64_t held)
{
	if (o->typical == 0)
		o->typical = held;
	else
		o->typical = o->typical - o->typical / TYPICAL_SHARE +
		    held / TYPICAL_SHARE;
}

bool
observe_end(struct observe *o, struct observed **place, enum observe_end end,
    uint64_t now)
{
	struct observed *p = *place;
	bool admitted;

	if (p == NULL)
		return false;
	observe_run(o, now);
	admitted = p->state == OBSERVED_HELD;
	p->place = NULL;
	*place = NULL;
	if (end == OBSERVE_DONE)
		learn_typical(o, held_for(p, now));
	p->ends = end == OBSERVE_REFUSED || end == OBSERVE_GONE ?
	    o->typical : held_for(p, now);
	p->refund = end == OBSERVE_REFUND;
	if (p->state == OBSERVED_WAITS && end == OBSERVE_GONE)
		observe_leave(o, p, STATS_WOULD_WAIT);
	else if (p->state == OBSERVED_WAITS && end == OBSERVE_REFUND) {
		/* what takes its place is counted instead */
		throttle_cancel(o->throttle, &p->waiter);
		observe_set_state(o, p, OBSERVED_OUT);
	} else
		observe_set_state(o, p, p->state);
	observe_run(o, now);
	return admitted;
}

/* As of others that move at that instant nobody goes before all have moved. */
static void
catch_up(struct observe *o, uint64_t now)
{
	if (o->now < now)
		observe_run(o, now);
}

void
observe_move(struct observe *from, struct observe *to, struct observed **place,
    const unsigned *moved, uint64_t now)
{
	struct observed *p = *place;
	enum observed_state state;

	if (p == NULL)
		return;
	catch_up(from, now);
	state = p->state;
	if (state == OBSERVED_WAITS)
		throttle_cancel(from->throttle, &p->waiter);
	else if (state == OBSERVED_HELD) {
		if (to != NULL)
			throttle_meters_carry(from->throttle, to->throttle,
			    &p->waiter, from->now);
		throttle_release(from->throttle, &p->waiter, from->now);
	}
	from->changed = true;
	observe_schedule(from, p, OBSERVED_OUT);
	if (to == NULL) {
		if (state == OBSERVED_WAITS)
			observe_decide(from, p, STATS_WOULD_WAIT);
		observe_free_place(from, p);
		return;
	}
	catch_up(to, now);
	LIST_REMOVE(p, entry);
	LIST_INSERT_HEAD(&to->all, p, entry);
	to->memory = from->memory;
	p->seq = to->seq++;
	if (state == OBSERVED_HELD)
		throttle_hold(to->throttle, &p->waiter, moved, to->now);
	else if (state == OBSERVED_WAITS && !throttle_requeue(to->throttle,
	    &p->waiter, moved, to->now)) {
		observe_decide(to, p, STATS_WOULD_WAIT);
		state = OBSERVED_OUT;
	}
	to->changed = true;
	observe_schedule(to, p, state);
}

/* How it stands */

void
observe_place(struct observe *o, const struct observed *p, uint64_t now,
    struct observed_view *view)
{
	uint64_t at;

	observe_run(o, now);
	*view = p->view;
	if (p->view.decided)
		return;
	at = p->view.report.start > o->now ? p->view.report.start : o->now;
	view->decision = STATS_WOULD_WAIT;
	view->wait = at - p->asked;
}

void
observe_view(struct observe *o, uint64_t now, struct observe_view *view)
{
	unsigned i;

	observe_run(o, now);
	*view = (struct observe_view){
		.waiting = throttle_waiting(o->throttle),
	};
	for (i = 0; i < STATS_DECISIONS; i++)
		view->decided[i] = o->decided[i];
}
