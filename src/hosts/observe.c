/* SPDX-License-Identifier: ISC */
#include "hosts/observe.h"

#include <stdlib.h>

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "hosts/observe_hear.h"

/*
 * A simulation by events.  A place is in one of three states, which
 * set_state() alone changes:
 *
 *   WAITS	in the throttle's queue.  Its next event is its deadline.
 *   HELD	admitted.  Its next event is the first of what it will do: hear
 *		its answer, give its slot back, end.  As long as what it really
 *		does has not come so far it has none.
 *   OUT	neither, nor ever again.
 *
 *   none -> WAITS, HELD, OUT	observe_ask()
 *   WAITS -> HELD		admit()
 *   WAITS -> OUT		fire(): it was late; refuse_hopeless(); leave()
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
#define TYPICAL_SHARE	8	/* of the newest in what is typical */

enum observed_state {
	OBSERVED_WAITS,
	OBSERVED_HELD,
	OBSERVED_OUT,
};

struct observed {
	struct throttle_waiter	 waiter;
	struct throttle_deposit	 deposit;
	RB_ENTRY(observed)	 due;		/* while at is not NEVER */
	LIST_ENTRY(observed)	 entry;		/* in all */
	struct observed		**place;	/* NULL: it has ended */
	enum observed_state	 state;
	uint64_t		 at;		/* ns: its next event */
	uint64_t		 seq;		/* how events of one instant go */
	uint64_t		 asked;		/* ns */
	uint64_t		 admitted;	/* ns; in the shadow */
	/* What it really did, as times (ns) from its admission; or NEVER. */
	uint64_t		 sent;		/* ns: its last one; NEVER */
	uint64_t		 before;	/* ns: held before that */
	uint64_t		 hears;
	uint64_t		 gives_slot;
	uint64_t		 ends;
	bool			 refund;	/* with its end */
	bool			 taught;	/* hears was set, once */
	struct observe_heard	 heard;
	struct observed_view	 view;		/* what was decided */
};

RB_HEAD(observed_due, observed);
RB_PROTOTYPE(observed_due, observed, due, compare_due)

struct observe {
	struct throttle		*throttle;
	struct observed_due	 due;
	LIST_HEAD(, observed)	 all;
	struct memory		*memory;	/* counts them; or NULL */
	uint64_t		 now;		/* ns: all before is done */
	uint64_t		 wake;		/* ns: somebody may go then, */
	bool			 changed;	/* ... unless this is so */
	uint64_t		 seq;
	uint64_t		 told;		/* ns; see observe_hear() */
	uint64_t		 typical;	/* ns: slots are held for */
	uint64_t		 decided[STATS_DECISIONS];
	uint64_t		 counted[STATS_DECISIONS]; /* in the block */
};

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

/* Those of a moment without counters are counted with the next ones. */
static void
count(struct observe *o, struct stats_block *stats)
{
	unsigned i;

	for (i = 0; stats != NULL && i < STATS_DECISIONS; i++) {
		if (o->decided[i] == o->counted[i])
			continue;
		stats_add(&stats->observed[i], o->decided[i] - o->counted[i]);
		o->counted[i] = o->decided[i];
	}
}

static void
decide(struct observe *o, struct observed *p, enum stats_decision decision,
    struct stats_block *stats)
{
	p->view.decided = true;
	p->view.decision = decision;
	p->view.wait = o->now - p->asked;
	o->decided[decision]++;
	count(o, stats);
	if (stats != NULL && decision != STATS_WOULD_REFUSE)
		stats_observe(&stats->observed_wait, p->view.wait);
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
static void
schedule(struct observe *o, struct observed *p, enum observed_state state)
{
	if (p->at != NEVER)
		RB_REMOVE(observed_due, &o->due, p);
	p->state = state;
	p->at = next_event(o, p);
	if (p->at != NEVER)
		RB_INSERT(observed_due, &o->due, p);
}

static void
free_place(struct observe *o, struct observed *p)
{
	LIST_REMOVE(p, entry);
	if (p->place != NULL)
		*p->place = NULL;
	if (o->memory != NULL)
		memory_sub(o->memory, sizeof *p);
	free(p);
}

static void
set_state(struct observe *o, struct observed *p, enum observed_state to)
{
	if (to == OBSERVED_HELD && p->state != to)
		p->admitted = o->now;
	o->changed = true;
	schedule(o, p, to);
	if (to == OBSERVED_OUT && p->place == NULL)
		free_place(o, p);
}

/* Takes one that waits out of the queue. */
static void
leave(struct observe *o, struct observed *p, enum stats_decision decision,
    struct stats_block *stats)
{
	throttle_cancel(o->throttle, &p->waiter);
	decide(o, p, decision, stats);
	set_state(o, p, OBSERVED_OUT);
}

/* Returns how many went. */
static unsigned
admit(struct observe *o, struct stats_block *stats)
{
	struct throttle_waiter *w;
	struct observed *p;
	unsigned n = 0;

	while ((w = throttle_next(o->throttle, o->now)) != NULL) {
		p = observed_of(w);
		decide(o, p, STATS_WOULD_WAIT, stats);
		set_state(o, p, OBSERVED_HELD);
		n++;
	}
	return n;
}

static void
refuse_hopeless(struct observe *o, struct stats_block *stats)
{
	struct throttle_queue out = TAILQ_HEAD_INITIALIZER(out);
	struct throttle_waiter *w;
	struct observed *p;

	throttle_hopeless(o->throttle, o->now, &out);
	while ((w = TAILQ_FIRST(&out)) != NULL) {
		TAILQ_REMOVE(&out, w, entry);
		p = observed_of(w);
		decide(o, p, STATS_WOULD_REFUSE, stats);
		set_state(o, p, OBSERVED_OUT);
	}
}

/* The next of what an admitted one does. */
static void
fire_held(struct observe *o, struct observed *p, struct stats_block *stats)
{
	uint64_t after = next_after(p);

	if (p->hears == after) {
		p->hears = NEVER;
		if (observe_hear(o->throttle, &p->waiter, &p->heard, &o->told,
		    o->now))
			refuse_hopeless(o, stats);
	} else if (p->gives_slot == after) {
		p->gives_slot = NEVER;
		throttle_release_slot(o->throttle, &p->waiter, o->now);
	} else {
		if (p->refund)
			throttle_refund(o->throttle, &p->waiter, o->now);
		else
			throttle_release(o->throttle, &p->waiter, o->now);
		set_state(o, p, OBSERVED_OUT);
		return;
	}
	schedule(o, p, p->state);
}

static void
fire(struct observe *o, struct observed *p, struct stats_block *stats)
{
	if (p->state == OBSERVED_WAITS)
		leave(o, p, STATS_WOULD_REFUSE, stats);
	else
		fire_held(o, p, stats);
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
observe_run(struct observe *o, uint64_t now, struct stats_block *stats)
{
	struct observed *p;
	bool in_vain = false;
	uint64_t wake;

	count(o, stats);
	for (;;) {
		wake = next_wake(o, in_vain);
		p = RB_MIN(observed_due, &o->due);
		if (p != NULL && !comes_first(p, wake))
			p = NULL;
		if ((p != NULL ? p->at : wake) > now)
			break;
		o->now = p != NULL ? p->at : wake;
		if (p != NULL)
			fire(o, p, stats);
		in_vain = admit(o, stats) == 0 && p == NULL;
		o->changed = true;
	}
	if (o->now < now)
		o->now = now;
}

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
observe_free(struct observe *o, struct stats_block *stats)
{
	struct observed *p;

	if (o == NULL)
		return;
	while ((p = LIST_FIRST(&o->all)) != NULL) {
		if (p->state == OBSERVED_WAITS) {
			throttle_cancel(o->throttle, &p->waiter);
			decide(o, p, STATS_WOULD_WAIT, stats);
		}
		free_place(o, p);
	}
	throttle_free(o->throttle);
	free(o);
}

struct throttle *
observe_throttle(struct observe *o)
{
	return o->throttle;
}

bool
observe_is_empty(const struct observe *o)
{
	return LIST_EMPTY(&o->all);
}

bool
observe_limit(struct observe *o, const struct throttle_limits *limits,
    const unsigned *moved, uint64_t now, struct stats_block *stats)
{
	struct observed *p;

	observe_run(o, now, stats);
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
new_place(struct observe *o, struct observed **place, struct memory *memory)
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

void
observe_ask(struct observe *o, struct observed **place,
    const struct throttle_request *request, struct memory *memory,
    uint64_t now, struct stats_block *stats)
{
	struct throttle_request q = *request;
	struct observed *p;

	*place = NULL;
	observe_run(o, now, stats);
	if ((p = new_place(o, place, memory)) == NULL)
		return;
	q.named = 0;
	q.deposit = request->deposit != NULL ? &p->deposit : NULL;
	p->view.part = q.part;
	switch (throttle_ask(o->throttle, &p->waiter, &q, o->now,
	    &p->view.report)) {
	case THROTTLE_GO:
		decide(o, p, STATS_WOULD_GO, stats);
		set_state(o, p, OBSERVED_HELD);
		break;
	case THROTTLE_WAIT:
		set_state(o, p, OBSERVED_WAITS);
		break;
	case THROTTLE_FULL:
		p->view.full = true;
		/* fall through */
	case THROTTLE_LATE_START:
		decide(o, p, STATS_WOULD_REFUSE, stats);
		set_state(o, p, OBSERVED_OUT);
		break;
	case THROTTLE_NO_MEMORY:
		free_place(o, p);
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
observe_sent(struct observe *o, struct observed *p, uint64_t now,
    struct stats_block *stats)
{
	if (p == NULL)
		return;
	observe_run(o, now, stats);
	p->sent = now;
}

void
observe_returned(struct observe *o, struct observed *p, uint64_t now,
    struct stats_block *stats)
{
	if (p == NULL)
		return;
	observe_run(o, now, stats);
	p->before = held_for(p, now);
	p->sent = NEVER;
}

void
observe_learn(struct observe *o, struct observed *p, const struct lesson *l,
    uint64_t longest, uint64_t now, struct stats_block *stats)
{
	if (p == NULL || p->taught)
		return;
	observe_run(o, now, stats);
	p->taught = true;
	p->hears = held_for(p, now);
	observe_heard(&p->heard, l, longest, now);
	schedule(o, p, p->state);
	observe_run(o, now, stats);
}

void
observe_release_slot(struct observe *o, struct observed *p, uint64_t now,
    struct stats_block *stats)
{
	if (p == NULL)
		return;
	observe_run(o, now, stats);
	p->gives_slot = held_for(p, now);
	schedule(o, p, p->state);
	observe_run(o, now, stats);
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

void
observe_end(struct observe *o, struct observed **place, enum observe_end end,
    uint64_t now, struct stats_block *stats)
{
	struct observed *p = *place;

	if (p == NULL)
		return;
	observe_run(o, now, stats);
	p->place = NULL;
	*place = NULL;
	if (end == OBSERVE_DONE)
		learn_typical(o, held_for(p, now));
	p->ends = end == OBSERVE_REFUSED || end == OBSERVE_GONE ?
	    o->typical : held_for(p, now);
	p->refund = end == OBSERVE_REFUND;
	if (p->state == OBSERVED_WAITS && end == OBSERVE_GONE)
		leave(o, p, STATS_WOULD_WAIT, stats);
	else if (p->state == OBSERVED_WAITS && end == OBSERVE_REFUND) {
		/* what takes its place is counted instead */
		throttle_cancel(o->throttle, &p->waiter);
		set_state(o, p, OBSERVED_OUT);
	} else
		set_state(o, p, p->state);
	observe_run(o, now, stats);
}

void
observe_move(struct observe *from, struct observe *to, struct observed **place,
    unsigned part, uint64_t now, struct stats_block *stats)
{
	struct observed *p = *place;
	enum observed_state state;

	if (p == NULL)
		return;
	observe_run(from, now, stats);
	state = p->state;
	if (state == OBSERVED_WAITS)
		throttle_cancel(from->throttle, &p->waiter);
	else if (state == OBSERVED_HELD)
		throttle_release(from->throttle, &p->waiter, from->now);
	from->changed = true;
	schedule(from, p, OBSERVED_OUT);
	if (to == NULL) {
		if (state == OBSERVED_WAITS)
			decide(from, p, STATS_WOULD_WAIT, stats);
		free_place(from, p);
		return;
	}
	observe_run(to, now, stats);
	LIST_REMOVE(p, entry);
	LIST_INSERT_HEAD(&to->all, p, entry);
	p->seq = to->seq++;
	p->view.part = part;
	if (state == OBSERVED_HELD)
		throttle_hold(to->throttle, &p->waiter, part, to->now);
	else if (state == OBSERVED_WAITS && !throttle_requeue(to->throttle,
	    &p->waiter, part, to->now)) {
		decide(to, p, STATS_WOULD_WAIT, stats);
		state = OBSERVED_OUT;
	}
	to->changed = true;
	schedule(to, p, state);
	observe_run(to, now, stats);
}

/* How it stands */

void
observe_place(struct observe *o, const struct observed *p, uint64_t now,
    struct stats_block *stats, struct observed_view *view)
{
	uint64_t at;

	observe_run(o, now, stats);
	*view = p->view;
	if (p->view.decided)
		return;
	at = p->view.report.start > o->now ? p->view.report.start : o->now;
	view->decision = STATS_WOULD_WAIT;
	view->wait = at - p->asked;
}

void
observe_view(struct observe *o, uint64_t now, struct stats_block *stats,
    struct observe_view *view)
{
	unsigned i;

	observe_run(o, now, stats);
	*view = (struct observe_view){
		.waiting = throttle_waiting(o->throttle),
	};
	for (i = 0; i < STATS_DECISIONS; i++)
		view->decided[i] = o->decided[i];
}
