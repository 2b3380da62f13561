/* SPDX-License-Identifier: ISC */

/*
 * Two sides of one protocol; lease_grant.h says why it is safe.
 *
 * An interval [begin, end) of the grantor's time is one of the holder's that is
 * later by the guard g at most, by the same for all that goes in it.  What goes
 * at an instant t has a part of it that ends before t + B - g, and begins after
 * t.  So of all that goes in a time L the parts lie, by the grantor's clock,
 * between g before it and B - g behind it, and do not touch: L + B in all.
 * So that holds for one guard, and a lease that is given while another may be late
 * by more is spent with that one's.
 * Where a burst is shorter than a cost and g together, it exceeds that by what
 * is missing, once for all leases; and each begins as much later as that.
 *
 * Who is refused, because a cost does not fit yet, goes before those who come
 * later: else those with small ones would push the end before it for ever.
 */

#include "throttle/lease_grant.h"

#include <stddef.h>
#include <string.h>

#include "throttle/lease_math.h"

#define GAPS	40	/* a lease is so much longer than a gap */

uint64_t
lease_guard_drift(const struct budget_limits *limits, uint64_t horizon)
{
	uint64_t longest = 0;
	unsigned i;

	for (i = 0; i < limits->nrates; i++)
		if (lease_has_bucket(&limits->rates[i]))
			longest = larger(longest, lease_span(&limits->rates[i],
			    limits->rates[i].burst));
	/* stores count in us */
	return (sum(longest, 2 * horizon) / LEASE_DRIFT / 1000 + 1) *
	    1000;
}

uint64_t
lease_guard_most(const struct budget_limits *limits, uint64_t horizon)
{
	return sum(LEASE_GUARD, lease_guard_drift(limits, horizon));
}

void
lease_grantor_init(struct lease_grantor *g, const struct budget_limits *limits,
    struct window *windows, struct lease_holder *holders, unsigned nholders)
{
	unsigned i;

	*g = (struct lease_grantor){ .limits = *limits, .windows = windows,
		.holders = holders, .nholders = nholders };
	memset(holders, 0, nholders * sizeof holders[0]);
	for (i = 0; i < limits->nrates; i++)
		if (limits->rates[i].strict)
			window_init(&g->windows[i], limits->rates[i].capacity,
			    limits->rates[i].period);
}

/* What others have may be spent until the end of the quarantine. */
static void
be_born_empty(struct lease_grantor *g, const struct lease_question *q,
    uint64_t now)
{
	uint64_t at = sum(now, sum(q->horizon,
	    lease_guard_most(&g->limits, q->horizon)));
	const struct gcra_rate *r;
	unsigned i;

	/* nor may what was granted before be given back */
	g->serial++;
	g->born = now;
	g->quarantine = at;
	for (i = 0; i < g->nholders; i++)
		g->holders[i].id = 0;
	for (i = 0; i < g->limits.nrates; i++) {
		r = &g->limits.rates[i];
		if (lease_has_bucket(r))
			g->tat[i] = sum(at, lease_span(r, r->burst));
		if (!r->strict)
			continue;
		window_init(&g->windows[i], r->capacity, r->period);
		window_tick(&g->windows[i], at);
		window_take(&g->windows[i], r->capacity);
		window_count(&g->windows[i], r->capacity, at);
	}
}

static void
settle(struct lease_grantor *g, struct lease_holder *h, uint64_t counted,
    uint64_t unused, uint64_t at)
{
	unsigned i;

	counted = lease_smaller(counted, h->held);
	unused = lease_smaller(unused, h->held - counted);
	h->held -= counted + unused;
	for (i = 0; i < g->limits.nrates; i++) {
		if (!g->limits.rates[i].strict)
			continue;
		window_count(&g->windows[i], counted, at);
		window_drop(&g->windows[i], unused);
	}
}

/* Whoever is silent for so long has used all that it had. */
static void
pass_time(struct lease_grantor *g, uint64_t now)
{
	struct lease_holder *h;
	unsigned i;

	for (i = 0; i < g->limits.nrates; i++)
		if (g->limits.rates[i].strict)
			window_tick(&g->windows[i], now);
	for (i = 0; i < g->nholders; i++) {
		h = &g->holders[i];
		/* it may be cut off, and go on until its lease ends */
		if (h->id == 0 || h->until > now || h->ends > now)
			continue;
		settle(g, h, h->held, 0, now);
		h->id = 0;
	}
}

static struct lease_holder *
holder_of(struct lease_grantor *g, uint64_t id)
{
	struct lease_holder *free_one = NULL;
	unsigned i;

	for (i = 0; i < g->nholders; i++) {
		if (g->holders[i].id == id)
			return &g->holders[i];
		if (free_one == NULL && g->holders[i].id == 0)
			free_one = &g->holders[i];
	}
	if (free_one != NULL)
		*free_one = (struct lease_holder){ .id = id };
	return free_one;
}

static uint64_t
peers(const struct lease_grantor *g)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < g->nholders; i++)
		n += g->holders[i].id != 0;
	return n;
}

static wide
all_weights(const struct lease_grantor *g)
{
	wide all = 0;
	unsigned i;

	for (i = 0; i < g->nholders; i++)
		if (g->holders[i].id != 0)
			all += g->holders[i].weight;
	return all > 0 ? all : 1;
}

/* The tail of the last lease, if that is the last one. */
static void
take_back(struct lease_grantor *g, const struct lease_question *q)
{
	unsigned i;

	if (q->returned == 0 || q->returned != g->serial)
		return;
	for (i = 0; i < g->limits.nrates; i++)
		if (q->ends[i] != 0 && q->ends[i] < g->tat[i])
			g->tat[i] = q->ends[i];
	g->serial++;	/* it is given back once */
}

static uint64_t
gap_of(const struct gcra_rate *r, const struct lease_question *q)
{
	return lease_gap(r, q->guard, q->first);
}

/* A share of a rate by weight; more where each lease costs a gap. */
static uint64_t
share_of_rate(const struct lease_grantor *g, const struct gcra_rate *r,
    const struct lease_question *q)
{
	wide units = (wide)lease_given(r, q->horizon) * q->weight /
	    all_weights(g);
	uint64_t gap = gap_of(r, q), longest = lease_less(q->horizon, gap);
	uint64_t least = lease_given(r, lease_smaller(GAPS * gap, longest));

	return larger(units > UINT64_MAX ? UINT64_MAX : (uint64_t)units,
	    least);
}

/* What there is for it: its share of a horizon, or what it needs. */
static uint64_t
share_of(const struct lease_grantor *g, const struct lease_question *q)
{
	uint64_t share = UINT64_MAX;
	unsigned i;

	for (i = 0; i < g->limits.nrates; i++)
		share = lease_smaller(share, share_of_rate(g,
		    &g->limits.rates[i], q));
	/* what is left of one that is no whole number of costs is lost */
	if (q->first != 0)
		share -= share % q->first;
	return lease_smaller(larger(q->demand, q->first),
	    larger(q->first, share));
}

/* When there is a place in a window (ns); 0: now. */
static uint64_t
place_at(const struct window *w, uint64_t ahead, const struct lease_question *q,
    uint64_t now)
{
	uint64_t cost = sum(ahead, q->first), at;

	if (window_has_room(w, cost))
		return 0;
	at = window_due(w, cost);
	/* what others have comes back, or is counted, by then */
	return at == UINT64_MAX ? sum(now, q->horizon / 10) : at;
}

/* How long an interval has to be at least, with its gap (ns). */
static uint64_t
interval(const struct gcra_rate *r, uint64_t share,
    const struct lease_question *q)
{
	uint64_t gap = gap_of(r, q), cost = q->first;

	/* where each costs a gap, one that is cut short is waste */
	if (gap != 0)
		cost = larger(cost, lease_smaller(share,
		    lease_given(r, lease_less(q->horizon, gap))));
	return sum(gap, lease_span(r, cost));
}

/* When there is room in a bucket (ns); 0: now. */
static uint64_t
room_at(const struct gcra_rate *r, uint64_t tat, uint64_t share,
    const struct lease_question *q, uint64_t now)
{
	uint64_t end = sum(larger(tat, now), interval(r, share, q));
	uint64_t most = sum(lease_span(r, larger(r->burst, q->first)),
	    q->horizon);

	return end > sum(now, most) ? end - most : 0;
}

/* When a lease may be given (ns); 0: now. */
static uint64_t
fits_at(const struct lease_grantor *g, unsigned i, uint64_t ahead,
    const struct lease_question *q, uint64_t now)
{
	const struct gcra_rate *r = &g->limits.rates[i];
	uint64_t at = 0, tat;

	if (r->strict)
		at = place_at(&g->windows[i], ahead, q, now);
	if (!lease_has_bucket(r))
		return at;
	tat = ahead == 0 ? g->tat[i] :
	    sum(larger(g->tat[i], now), lease_span(r, ahead));
	return larger(at, room_at(r, tat, share_of(g, q), q, now));
}

/* How much of a cost may be given now; the first one's fits. */
static uint64_t
fit(const struct lease_grantor *g, const struct lease_question *q, uint64_t now)
{
	uint64_t cost = share_of(g, q), most;
	const struct gcra_rate *r;
	int64_t left;
	unsigned i;

	for (i = 0; i < g->limits.nrates; i++) {
		r = &g->limits.rates[i];
		most = sum(now, sum(lease_span(r, r->burst),
		    q->horizon));
		if (lease_has_bucket(r))
			cost = lease_smaller(cost, lease_given(r,
			    lease_less(most, sum(larger(g->tat[i], now),
			    gap_of(r, q)))));
		if (!r->strict)
			continue;
		left = window_left(&g->windows[i]);
		cost = lease_smaller(cost, left > 0 ? (uint64_t)left : 0);
	}
	return larger(cost, q->first);
}

static void
give(struct lease_grantor *g, struct lease_holder *h,
    const struct lease_question *q, uint64_t cost, struct lease_answer *a)
{
	const struct gcra_rate *r;
	unsigned i;

	a->serial = ++g->serial;
	a->amount = cost;
	h->waits = 0;
	for (i = 0; i < g->limits.nrates; i++) {
		r = &g->limits.rates[i];
		if (r->strict)
			window_take(&g->windows[i], cost);
		if (!lease_has_bucket(r)) {
			a->begins[i] = a->now;
			a->ends[i] = sum(a->now, q->horizon);
			continue;
		}
		a->begins[i] = sum(larger(g->tat[i], a->now),
		    gap_of(r, q));
		/* who needs the gap has no other slack to be late by */
		a->ends[i] = sum(a->begins[i],
		    sum(lease_span(r, cost), gap_of(r, q)));
		g->tat[i] = a->ends[i];
	}
	h->held += cost;
	h->last = a->serial;
	h->amount = cost;
	for (i = 0; i < g->limits.nrates; i++)
		h->ends = larger(h->ends, a->ends[i]);
	a->guard = g->guard = q->guard;
	g->late = larger(g->late, sum(h->ends, q->guard));
}

/* One who waits, and has not asked again when he was to. */
static bool
has_given_up(const struct lease_holder *h, const struct lease_question *q,
    uint64_t now)
{
	return sum(h->again, q->horizon / 2) < now;
}

/* What it says of places; it never got a lease that it does not know. */
static void
hear(struct lease_grantor *g, struct lease_holder *h,
    const struct lease_question *q, uint64_t now)
{
	settle(g, h, lease_less(q->counted, h->counted),
	    lease_less(q->unused, h->unused), now);
	h->counted = q->counted;
	h->unused = q->unused;
	if (h->last != 0 && h->last != q->last)
		settle(g, h, 0, h->amount, now);
	h->last = 0;
	h->weight = q->weight;
	if (has_given_up(h, q, now))
		h->waits = 0;
	h->until = sum(now, 3 * q->horizon);
}

/* It has said its last word, and is nobody from now on. */
static void
leave(struct lease_grantor *g, struct lease_holder *h,
    const struct lease_question *q, uint64_t now)
{
	hear(g, h, q, now);
	settle(g, h, h->held, 0, now);
	h->id = 0;
	g->leavers++;
	lease_turn_leave(&g->turn, q->holder);
}

/* Whether another one waits for longer, and has not given up. */
static bool
is_before(const struct lease_holder *other, const struct lease_holder *h,
    const struct lease_question *q, uint64_t now)
{
	return other->id != 0 && other != h && other->waits != 0 &&
	    !has_given_up(other, q, now) &&
	    (h->waits == 0 || other->waits < h->waits);
}

/* What those before it wait for. */
static uint64_t
ahead_of(const struct lease_grantor *g, const struct lease_holder *h,
    const struct lease_question *q, uint64_t now)
{
	uint64_t ahead = 0;
	unsigned i;

	for (i = 0; i < g->nholders; i++)
		if (is_before(&g->holders[i], h, q, now))
			ahead = sum(ahead, g->holders[i].needs);
	return ahead;
}

/* When those before it have asked again (ns); 0: there is none. */
static uint64_t
turn_at(const struct lease_grantor *g, const struct lease_holder *h,
    const struct lease_question *q, uint64_t now)
{
	uint64_t at = 0;
	unsigned i;

	for (i = 0; i < g->nholders; i++)
		if (is_before(&g->holders[i], h, q, now))
			at = larger(at, larger(g->holders[i].again,
			    sum(now, q->horizon / 10)));
	return at;
}

/*
 * Whether leases go one after another: those with gaps are wasted where they are
 * cut short, and those that a window and a bucket have to have room for.  Else
 * what is kept for those who wait is enough, however many they are.
 */
static bool
in_turn(const struct lease_grantor *g, const struct lease_question *q)
{
	const struct gcra_rate *r;
	unsigned i;

	for (i = 0; i < g->limits.nrates; i++) {
		r = &g->limits.rates[i];
		if (gap_of(r, q) != 0 || (r->strict && (g->limits.nrates > 1 ||
		    lease_has_bucket(r))))
			return true;
	}
	return false;
}

/* When it may have a lease (ns); now: it may. */
static uint64_t
goes_at(const struct lease_grantor *g, const struct lease_holder *h,
    const struct lease_question *q, uint64_t now)
{
	bool turns = in_turn(g, q);
	uint64_t at = turns ? larger(now, turn_at(g, h, q, now)) : now;
	uint64_t ahead = turns ? 0 : ahead_of(g, h, q, now);
	unsigned i;

	for (i = 0; i < g->limits.nrates; i++)
		at = larger(at, fits_at(g, i, ahead, q, now));
	return at;
}

/* What is kept for one who waits: a cost that takes as long in each rate. */
static uint64_t
needs(const struct lease_grantor *g, const struct lease_question *q)
{
	uint64_t cost = q->first, share = share_of(g, q);
	const struct gcra_rate *r;
	unsigned i;

	for (i = 0; i < g->limits.nrates; i++) {
		r = &g->limits.rates[i];
		if (lease_has_bucket(r))
			cost = larger(cost, lease_given(r,
			    interval(r, share, q)));
	}
	return cost;
}

/* There is none for it yet: it is silent until then, and keeps its place. */
static void
put_off(struct lease_grantor *g, struct lease_holder *h,
    const struct lease_question *q, struct lease_answer *a)
{
	a->again_at = h->again;
	h->needs = needs(g, q);
	h->until = larger(h->until, sum(h->again, q->horizon));
	if (h->waits == 0)
		h->waits = a->now;
}

/* A clock that was found to be too fast before it was held back is not so now. */
static void
hold_back(struct lease_grantor *g, const struct lease_question *q)
{
	if (q->gained == 0 || q->gained_at <= g->lagged)
		return;
	g->lag = sum(g->lag, q->gained);
	g->lagged = g->newest;
}

/*
 * Returns its time, which goes on where its clock goes back a bit.  A run that is
 * another one has its own, as has one whose clock was set back.
 */
static uint64_t
time_of(struct lease_grantor *g, const struct lease_question *q, uint64_t run,
    uint64_t now, bool *anew)
{
	hold_back(g, q);
	*anew = g->run != run || sum(lease_less(now, g->lag),
	    lease_guard_most(&g->limits, q->horizon)) < g->newest;
	if (*anew)
		g->lag = g->lagged = g->guard = g->late = 0;
	else
		now = larger(g->newest, lease_less(now, g->lag));
	g->newest = now;
	return now;
}

/* What nobody has as yet, as it is now. */
static uint64_t
left_of(const struct lease_grantor *g, unsigned i, uint64_t now)
{
	const struct gcra_rate *r = &g->limits.rates[i];
	uint64_t left = r->burst;
	int64_t places;

	if (lease_has_bucket(r))
		left = lease_smaller(left, lease_given(r, lease_less(
		    lease_span(r, r->burst), lease_less(g->tat[i], now))));
	if (!r->strict)
		return left;
	places = window_left(&g->windows[i]);
	return lease_smaller(left, places > 0 ? (uint64_t)places : 0);
}

static void
share(struct lease_grantor *g, const struct lease_question *asked,
    uint64_t run, uint64_t now, struct lease_answer *a)
{
	struct lease_question own = *asked, *q = &own;
	struct lease_turn_news *told = &own.told;
	enum lease_turn_state turn;
	struct lease_holder *h;
	bool anew;

	now = time_of(g, q, run, now, &anew);
	*a = (struct lease_answer){ .now = now };
	/* what another run has given is never taken for one of these */
	if (g->run != run)
		g->serial = run << 32;
	if (anew || q->stepped > g->born)
		be_born_empty(g, q, now);
	if (anew && g->run == run)
		lease_turn_set_back(&g->turn, told);
	lease_turn_hear(&g->turn, told, now);
	g->run = run;
	a->pause = g->turn.pause;
	a->ordered = g->turn.ordered;
	pass_time(g, now);
	take_back(g, q);
	h = holder_of(g, q->holder);
	a->peers = peers(g) + (h == NULL);
	if (h != NULL && q->leaves) {
		leave(g, h, q, now);
		return;
	}
	if (h == NULL || now < g->quarantine) {
		a->again_at = larger(g->quarantine,
		    sum(now, q->horizon / 10));
		return;
	}
	hear(g, h, q, now);
	if (q->first == 0 ||
	    q->guard > lease_guard_most(&g->limits, q->horizon))
		return;
	if (now < g->late)
		q->guard = larger(q->guard, g->guard);
	turn = lease_turn_ask(&g->turn, q->holder, q->longest, q->horizon, now,
	    &a->again_at);
	if (turn == LEASE_TURN_SHUT)
		return;
	h->again = goes_at(g, h, q, now);
	if (h->again > now) {
		put_off(g, h, q, a);
		return;
	}
	a->probe = turn == LEASE_TURN_PROBE;
	give(g, h, q, a->probe ? q->first : fit(g, q, now), a);
}

void
lease_grant_share(struct lease_grantor *g, const struct lease_question *asked,
    uint64_t run, uint64_t now, struct lease_answer *a)
{
	unsigned i;

	share(g, asked, run, now, a);
	a->leavers = g->leavers;
	for (i = 0; i < g->limits.nrates; i++)
		a->left[i] = left_of(g, i, a->now);
}
