/* SPDX-License-Identifier: ISC */

/*
 * Why one waits: what throttle_start() makes one instant of, told limit by
 * limit.
 */

#include "throttle/throttle_why.h"

#include "throttle/fair_turn.h"
#include "throttle/throttle_ask.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_lease.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_start.h"
#include "throttle/throttle_tick.h"

/* One that is asked about, as it is in the queue, or would be. */
static struct fair_waiter
as_queued(struct throttle *t, const struct throttle_waiter *w, uint64_t now)
{
	return w->fair.flow != NULL ? w->fair : throttle_newcomer(t, w, now);
}

static void
add_budget(struct throttle_why *why, const struct budget *b,
    enum throttle_whose whose, unsigned part, struct throttle_ahead ahead,
    uint64_t cost, uint64_t now)
{
	struct budget_start all[BUDGET_REASONS];
	unsigned i, n;
	struct throttle_reason *r;

	n = budget_reasons(b, ahead.cost, cost, ahead.first, now, all);
	for (i = 0; i < n; i++) {
		r = &why->reasons[why->n++];
		*r = (struct throttle_reason){
			.whose = whose,
			.part = part,
			.what = all[i].what,
			.rate = all[i].rate,
			.at = all[i].at,
			.concurrency = b->concurrency,
		};
		if (r->what == BUDGET_SHORT_RATE)
			r->limit = b->rates[r->rate].limit;
	}
}

struct adding {
	struct throttle_why	*why;
	uint64_t		 now;
};

static void
add_meter(const struct throttle_meter_want *want, void *arg)
{
	struct adding *adding = arg;

	add_budget(adding->why, want->budget,
	    want->of == THROTTLE_METERS_OWN ? THROTTLE_OF_METER :
	    THROTTLE_OF_TOTAL_METER, want->meter,
	    (struct throttle_ahead){ .first = adding->now }, want->amount,
	    adding->now);
}

/* What is learned of the host, or named by it, or of a part holds it until then. */
static void
add_estimate(struct throttle_why *why, const struct estimate *e,
    enum throttle_whose whose, uint64_t now)
{
	uint64_t at = e == NULL ? 0 : estimate_start(e, now);
	enum budget_short what = e != NULL && e->told_only ?
	    BUDGET_SHORT_SHAPE : BUDGET_SHORT_PAUSE;
	unsigned i;

	for (i = 0; at > now && i < why->n; i++)
		if (why->reasons[i].whose == whose &&
		    why->reasons[i].what == what)
			break;
	if (at <= now)
		return;
	if (i == why->n)
		why->reasons[why->n++] = (struct throttle_reason){
			.whose = whose,
			.part = THROTTLE_WHOLE,
			.what = what,
		};
	why->reasons[i].at = larger(why->reasons[i].at, at);
}

/* Another proxy has what is learned of the host. */
static void
add_loan(struct throttle_why *why, const struct throttle *t, uint64_t now)
{
	if (estimate_is_abroad(t, now))
		why->reasons[why->n++] = (struct throttle_reason){
			.whose = THROTTLE_OF_HOST,
			.part = THROTTLE_WHOLE,
			.what = BUDGET_SHORT_LEASE,
			.at = THROTTLE_NEVER,
		};
}

static void
add_budgets(struct throttle *t, struct throttle_why *why,
    const struct fair_waiter *w, uint64_t now)
{
	struct pair pair = pair_of(t, w->lane);
	struct throttle_ahead ahead = throttle_ahead(t, w, now);
	struct adding adding = { why, now };
	unsigned i, part;

	if (t->total != NULL)
		add_budget(why, &t->total->budget, THROTTLE_OF_TOTAL,
		    THROTTLE_WHOLE, ahead, w->cost, now);
	add_budget(why, &t->host, THROTTLE_OF_HOST, THROTTLE_WHOLE, ahead,
	    w->cost, now);
	add_estimate(why, t->estimate, THROTTLE_OF_HOST, now);
	add_loan(why, t, now);
	throttle_meters_each(t->meters, w, add_meter, &adding);
	throttle_meters_each(meters_of_total(t), w, add_meter, &adding);
	ahead = throttle_ahead_in_part(t, w, now);
	if (pair.part != THROTTLE_WHOLE)
		add_budget(why, part_budget(t, pair.part), THROTTLE_OF_PART,
		    pair.part, ahead, w->cost, now);
	for (i = 0; i < pair.also.n; i++) {
		part = pair.also.parts[i];
		add_budget(why, &t->parts[part], THROTTLE_OF_PART, part,
		    ahead, w->cost, now);
	}
	if (pair.named != 0)
		add_budget(why, named_budget(t, pair.named),
		    THROTTLE_OF_NAMED, THROTTLE_WHOLE, ahead, w->cost, now);
	add_estimate(why, part_estimate(t, pair.named), THROTTLE_OF_NAMED,
	    now);
}

/* Whose limit a report means. */
static enum throttle_whose
whose_is(const struct throttle_report *r)
{
	if (r->of_part)
		return THROTTLE_OF_PART;
	if (r->of_named)
		return THROTTLE_OF_NAMED;
	if (r->of_meter)
		return r->of_total ? THROTTLE_OF_TOTAL_METER :
		    THROTTLE_OF_METER;
	return r->of_total ? THROTTLE_OF_TOTAL : THROTTLE_OF_HOST;
}

/* Which reason a report means. */
static struct throttle_reason *
reported(struct throttle_why *why, const struct throttle_report *r)
{
	enum throttle_whose whose = whose_is(r);
	struct throttle_reason *reason;
	unsigned i;

	for (i = 0; i < why->n; i++) {
		reason = &why->reasons[i];
		if (reason->whose == whose && reason->what == r->what &&
		    (!r->of_part || reason->part == r->part) &&
		    (!r->of_meter || reason->part == r->meter) &&
		    (r->what != BUDGET_SHORT_RATE || reason->rate == r->rate))
			return reason;
	}
	return NULL;
}

/*
 * What decides: the limit that the report names, if it keeps this one from
 * going; else those before it do.
 */
static void
decide(struct throttle_why *why, const struct throttle_report *r, uint64_t now)
{
	struct throttle_reason *reason = reported(why, r);

	why->short_of = reason;
	if (reason != NULL && reason->at > now)
		reason->decides = true;
	else
		why->turn_decides = true;
}

/* When those before it have gone: then one that costs nothing could go. */
static uint64_t
turn_of(struct throttle *t, const struct fair_waiter *w, uint64_t now)
{
	struct fair_waiter light = *w;
	struct throttle_report r;

	if (throttle_ahead(t, w, now).cost == 0)
		return now;
	light.cost = 0;
	throttle_start(t, &light, now, &r);
	return r.start;
}

void
throttle_why(struct throttle *t, const struct throttle_waiter *w, uint64_t now,
    struct throttle_why *why)
{
	struct fair_waiter f;
	struct throttle_report r;

	throttle_tick(t, now);
	f = as_queued(t, w, now);
	throttle_start(t, &f, now, &r);
	*why = (struct throttle_why){
		.start = r.start,
		.goes = f.flow == NULL && throttle_goes(t, &f, w->deadline,
		    now),
		.waiting = r.waiting,
		.clients = (uint32_t)fair_clients(t->queue),
		.turn = turn_of(t, &f, now),
	};
	add_budgets(t, why, &f, now);
	if (why->goes)
		return;
	why->full = f.flow == NULL && r.waiting >= t->queue_length &&
	    !throttle_lease_is_all(t, &r) &&
	    fair_yields(t->queue, f.owner) == NULL &&
	    !throttle_opens_more(t, &f, now);
	decide(why, &r, now);
}
