/* SPDX-License-Identifier: ISC */

/*
 * When a waiter will start.  Never said too late, or we would refuse who could
 * have gone in time: of those ahead only what is certain to be served before it
 * counts, not who may yet be held up and let it pass.
 */

#include "throttle/throttle_start.h"

#include "throttle/fair_ahead.h"
#include "throttle/throttle.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_tick.h"

uint64_t
throttle_accounted(struct throttle *t, const struct throttle_waiter *w,
    uint64_t now)
{
	struct budget *b[THROTTLE_INNER];
	unsigned n = inner_budgets(t, pair_of_waiter(w), b);
	uint64_t due, at = now > THROTTLE_LATE ? now - THROTTLE_LATE : 0;

	at = larger(at, budget_due_at_best(&t->host, w->fair.cost, now));
	at = larger(at, estimate_of(t, now) > now ? now : estimate_of(t, now));
	due = part_estimate_due(t, w->named, now);
	at = larger(at, due > now ? now : due);
	while (n > 0)
		at = larger(at, budget_due_at_best(b[--n], w->fair.cost,
		    now));
	at = larger(at, throttle_meters_due_at_best(t->meters, &w->fair, now));
	at = larger(at, throttle_meters_due_at_best(meters_of_total(t),
	    &w->fair, now));
	if (t->total != NULL)
		at = larger(at, larger(t->total->unblocked_at,
		    budget_due(&t->total->budget, w->fair.cost)));
	at = larger(at, w->since);
	return larger(at, t->unblocked_at);
}

/*
 * From when on those ahead of one in its lane will spend (ns).  Where there are
 * parts, what clients are served in other lanes may yet bring another one to
 * the front of this, which may go sooner.
 */
static uint64_t
spends_from(struct throttle *t, const struct fair_waiter *first, uint64_t now)
{
	const struct throttle_waiter *w = const_waiter_of(first);
	struct budget *b[THROTTLE_INNER];
	unsigned n = inner_budgets(t, pair_of_waiter(w), b);
	uint64_t at;

	if (t->nparts > 0 || t->learned != NULL) {
		at = now > THROTTLE_LATE ? now - THROTTLE_LATE : 0;
		at = larger(at, t->host.paused_until);
		while (n > 0)
			at = larger(at, b[--n]->paused_until);
		return at;
	}
	at = throttle_accounted(t, w, now);
	return has_room(t, w) && !t->head_changed ? at : larger(at, now);
}

static void
add_lane(struct throttle *t, struct throttle_ahead *a, const struct fair_waiter *w,
    unsigned lane, uint64_t now)
{
	const struct fair_waiter *first = first_of(t, lane);
	wide cost;
	uint64_t from;

	if (first == NULL || first == w)
		return;
	cost = fair_ahead(t->queue, w, lane, t->now);
	if (cost == 0)
		return;
	from = spends_from(t, first, now);
	if (a->cost == 0 || from < a->first)
		a->first = from;
	a->cost += cost;
}

/*
 * What is surely ahead of one on the host's budget: its own lane, and those in
 * no part.  Those of other parts may be held up by these, and then let it pass.
 * Where turns do not count costs, what goes before it is not known in these.
 */
struct throttle_ahead
throttle_ahead(struct throttle *t, const struct fair_waiter *w, uint64_t now)
{
	struct throttle_ahead a = { .first = now };

	if (t->meters != NULL)
		return a;
	add_lane(t, &a, w, w->lane, now);
	if (w->lane != 0)
		add_lane(t, &a, w, 0, now);
	return a;
}

/* The same on the budget of its own part. */
struct throttle_ahead
throttle_ahead_in_part(struct throttle *t, const struct fair_waiter *w,
    uint64_t now)
{
	struct throttle_ahead a = { .first = now };

	if (t->meters == NULL)
		add_lane(t, &a, w, w->lane, now);
	return a;
}

/* Whose budget inner_budgets() sets there; THROTTLE_WHOLE: a named part's. */
static unsigned
part_at(const struct pair *pair, unsigned i)
{
	if (pair->part != THROTTLE_WHOLE && i-- == 0)
		return pair->part;
	return i < pair->also.n ? pair->also.parts[i] : THROTTLE_WHOLE;
}

/* The budget that lets it go latest has the word; the host's before others. */
static bool
has_the_word(const struct budget_start *p, const struct budget_start *s)
{
	if (p->at != s->at)
		return p->at > s->at;
	return p->due > s->due || s->what == BUDGET_SHORT_NONE;
}

/* part: whose budget it is; a named one's is not told. */
static void
choose(struct throttle_report *r, struct budget_start *s,
    struct budget_start p, unsigned part)
{
	bool named = part == THROTTLE_WHOLE;

	if (!has_the_word(&p, s))
		return;
	r->of_part = p.what != BUDGET_SHORT_NONE && !named;
	r->of_named = p.what != BUDGET_SHORT_NONE && named;
	r->part = (uint8_t)part;
	*s = p;
}

static void
choose_total(struct throttle_report *r, struct budget_start *s,
    struct budget_start p)
{
	if (!has_the_word(&p, s))
		return;
	r->of_part = r->of_named = false;
	r->of_total = p.what != BUDGET_SHORT_NONE;
	*s = p;
}

/* How far the choice has come among the named budgets. */
struct choice {
	struct throttle_report	*r;
	struct budget_start	*s;
	uint64_t		 now;
};

static void
choose_meter(const struct throttle_meter_want *want, void *arg)
{
	struct choice *c = arg;
	struct budget_start p = budget_start(want->budget, 0, want->amount,
	    c->now, c->now);

	if (!has_the_word(&p, c->s))
		return;
	c->r->of_part = c->r->of_named = false;
	c->r->of_meter = p.what != BUDGET_SHORT_NONE;
	c->r->of_total = c->r->of_meter && want->of == THROTTLE_METERS_TOTAL;
	c->r->meter = (uint8_t)want->meter;
	*c->s = p;
}

/* What holds up those whom one that is not short of anything waits behind. */
static void
short_of_others(struct throttle *t, uint64_t now, struct throttle_report *r,
    struct budget_start *s)
{
	struct choice choice = { r, s, now };
	const struct fair_waiter *first;
	unsigned lane;

	for (lane = 0; lane != FAIR_END; lane = fair_next_lane(t->queue,
	    lane)) {
		first = first_of(t, lane);
		if (first == NULL)
			continue;
		*s = budget_start(&t->host, 0, first->cost, now, now);
		throttle_meters_each(t->meters, first, choose_meter, &choice);
		if (s->what != BUDGET_SHORT_NONE)
			break;
	}
}

/* What is learned has the word where it lets nobody go until later. */
static void
choose_estimate(const struct throttle *t, struct throttle_report *r,
    struct budget_start *s, uint64_t now)
{
	uint64_t at = estimate_start(t->estimate, now);
	bool ours = estimate_is_ours(t, now);

	if ((s->what == BUDGET_SHORT_NONE || (!has_use_for_slots(t, now) &&
	    s->what == BUDGET_SHORT_CONCURRENCY)) &&
	    estimate_is_abroad(t, now))
		s->what = BUDGET_SHORT_LEASE;
	else if (at > s->at)
		*s = (struct budget_start){
			.at = at,
			.due = at,
			.what = t->estimate->told_only ?
			    BUDGET_SHORT_SHAPE : BUDGET_SHORT_PAUSE,
		};
	else if (ours && s->what == BUDGET_SHORT_NONE &&
	    estimate_due(t->estimate, now) > now)
		s->what = t->estimate->told_only ?
		    BUDGET_SHORT_SHAPE : BUDGET_SHORT_RECOVERY;
	else
		return;
	r->courtesy = ours && at <= now && estimate_is_open(t->estimate);
	r->of_part = r->of_named = r->of_total = r->of_meter = false;
}

/* The same of what is learned of a named part. */
static void
choose_part_estimate(const struct throttle *t, unsigned named,
    struct throttle_report *r, struct budget_start *s, uint64_t now)
{
	const struct estimate *e = part_estimate(t, named);
	uint64_t at = e == NULL ? 0 : estimate_start(e, now);

	if (e == NULL)
		return;
	if (at > s->at)
		*s = (struct budget_start){
			.at = at,
			.due = at,
			.what = BUDGET_SHORT_PAUSE,
		};
	else if (s->what == BUDGET_SHORT_NONE && estimate_due(e, now) > now)
		s->what = BUDGET_SHORT_RECOVERY;
	else
		return;
	r->courtesy = r->of_part = r->of_total = r->of_meter = false;
	r->of_named = true;
}

void
throttle_start(struct throttle *t, const struct fair_waiter *w, uint64_t now,
    struct throttle_report *r)
{
	struct pair pair = pair_of(t, w->lane);
	struct throttle_ahead in_part, a = throttle_ahead(t, w, now);
	struct budget *b[THROTTLE_INNER];
	unsigned i, n = inner_budgets(t, pair, b);
	struct budget_start s;
	struct choice choice = { r, &s, now };

	s = budget_start(&t->host, a.cost, w->cost, a.first, now);
	*r = (struct throttle_report){ .waiting = throttle_waiting(t) };
	if (n > 0)
		in_part = throttle_ahead_in_part(t, w, now);
	for (i = 0; i < n; i++)
		choose(r, &s, budget_start(b[i], in_part.cost, w->cost,
		    in_part.first, now), part_at(&pair, i));
	if (t->total != NULL)
		choose_total(r, &s, budget_start(&t->total->budget, a.cost,
		    w->cost, a.first, now));
	throttle_meters_each(t->meters, w, choose_meter, &choice);
	throttle_meters_each(meters_of_total(t), w, choose_meter, &choice);
	if (t->estimate != NULL)
		choose_estimate(t, r, &s, now);
	choose_part_estimate(t, pair.named, r, &s, now);
	r->start = s.at;
	if (s.what == BUDGET_SHORT_NONE)
		short_of_others(t, now, r, &s);
	r->what = s.what;
	r->rate = s.rate;
}

struct fair_waiter
throttle_newcomer(struct throttle *t, const struct throttle_waiter *w,
    uint64_t now)
{
	struct fair_waiter newcomer = w->fair;
	struct pair pair = pair_of_waiter(w);
	unsigned lane;

	newcomer.arrived = now;
	newcomer.returned = false;
	if (pair.named == 0 && pair.also.n == 0)
		return newcomer;
	/* its lane may be another pair's by now, and its named part gone */
	if (pair.named != 0 && t->learned->named[pair.named - 1] == NULL)
		pair.named = 0;
	lane = throttle_lane(t, t->queue, pair);
	newcomer.lane = (uint16_t)(lane != FAIR_END ? lane :
	    lane_of(w->part));
	return newcomer;
}

void
throttle_report(struct throttle *t, const struct throttle_waiter *w,
    uint64_t now, struct throttle_report *r)
{
	struct fair_waiter newcomer;

	throttle_tick(t, now);
	if (w->fair.flow != NULL) {
		throttle_start(t, &w->fair, now, r);
		return;
	}
	newcomer = throttle_newcomer(t, w, now);
	throttle_start(t, &newcomer, now, r);
}
