/* SPDX-License-Identifier: ISC */

/* How a throttle stands, copied for who looks at it. */

#include "throttle/throttle_view.h"

#include "throttle/budget_recovery.h"
#include "throttle/fair_turn.h"
#include "throttle/slots_account.h"
#include "throttle/throttle_budgets.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_list.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_start.h"
#include "throttle/throttle_tick.h"
#include "throttle/window.h"

/* Of a strict rate that one of its two which leaves less counts. */
static struct rate_view
view_rate(const struct budget *b, unsigned i, uint64_t now)
{
	const struct gcra *r = &b->rates[i];
	const struct window *w = b->windows[i];
	struct rate_view v = {
		.limit = r->limit,
		.left = gcra_left(r, now),
		.full_at = gcra_full_at(r),
	};
	int64_t left;

	if (w != NULL) {
		left = window_left(w);
		v.left = left < v.left ? left : v.left;
		/* what is on its way is counted now, if not later */
		v.full_at = larger(v.full_at, window_due_behind(w, 0, 0,
		    r->limit.capacity, now));
	}
	return v;
}

/* The one that is without the store decides, of rates and slots. */
static enum lease_source
source_of(const struct budget *b)
{
	if (b->account != NULL && b->account->terms.source != LEASE_STORE)
		return b->account->terms.source;
	return b->block != NULL ? slots_account_source(b->block) : LEASE_STORE;
}

static void
view_shared(const struct budget *b, uint64_t now, struct budget_view *v)
{
	const struct lease_account *a = b->account;
	unsigned i;

	v->shared = (struct shared_view){
		.is = b->nrates > 0 || b->concurrency > 0,
		.asked = a != NULL || b->block != NULL,
		.source = source_of(b),
		.lent = b->block != NULL ? b->slots : 0,
	};
	if (a == NULL)
		return;
	v->shared.leased = lease_hold_left(&a->hold, now);
	v->shared.told_at = a->left_at;
	for (i = 0; i < v->nrates && i < a->whole.nrates; i++)
		v->rates[i].left_of_all = a->left[i];
}

static void
view_budget(const struct throttle *t, const struct budget *b, uint64_t now,
    struct budget_view *v)
{
	unsigned i;

	*v = (struct budget_view){
		.nrates = b->nrates,
		.concurrency = b->concurrency,
		.inflight = b->inflight,
		.pending = b->pending,
		.paused_until = b->paused_until,
		.failures = b->failures,
		.exact = b->exact,
		.shape_until = b->shape_until,
		.shape_left = b->shape_until != 0 ? b->shape_left : 0,
	};
	if (b->window != 0) {
		v->window = budget_places(b) + b->overdue;
		v->unsettled = b->unsettled;
	}
	for (i = 0; i < b->nrates; i++)
		v->rates[i] = view_rate(b, i, now);
	if (t->stored)
		view_shared(b, now, v);
}

/* All of it, parts too. */
static void
view_all_shared(struct throttle *t, struct shared_view *v)
{
	const struct budget *b;
	unsigned i;

	for (i = 0; (b = throttle_budget_at(t, i, NULL)) != NULL; i++) {
		if (b->nrates == 0 && b->concurrency == 0)
			continue;
		v->is = true;
		v->asked = v->asked || b->account != NULL || b->block != NULL;
		if (source_of(b) != LEASE_STORE)
			v->source = source_of(b);
	}
}

/* What is learned pauses as refusals do, and then one asks. */
static void
view_shut(const struct estimate *e, struct budget_view *v)
{
	if (e == NULL || e->phase != ESTIMATE_SHUT)
		return;
	v->paused_until = larger(v->paused_until, e->next);
	if (v->window == 0)
		v->window = 1;
}

void
throttle_view(struct throttle *t, uint64_t now, struct throttle_view *v)
{
	throttle_tick(t, now);
	*v = (struct throttle_view){
		.nparts = t->nparts,
		.waiting = throttle_waiting(t),
		.queue_length = t->queue_length,
		.clients = (uint32_t)fair_clients(t->queue),
	};
	estimate_view(t->estimate, &v->estimate);
	v->nlearned = t->learned != NULL ? t->learned->nestimates : 0;
	view_budget(t, &t->host, now, &v->host);
	view_shut(t->estimate, &v->host);
	if ((v->has_total = t->total != NULL))
		view_budget(t, &t->total->budget, now, &v->total);
	if (t->stored)
		view_all_shared(t, &v->shared);
}

static void
find_oldest(struct fair_waiter *f, void *arg)
{
	const struct throttle_waiter *w = waiter_of(f);
	uint64_t *oldest = arg;

	if (*oldest == 0 || w->since < *oldest)
		*oldest = w->since;
}

uint64_t
throttle_oldest(struct throttle *t)
{
	uint64_t oldest = 0;

	fair_each(t->queue, find_oldest, &oldest);
	return oldest;
}

bool
throttle_view_part(struct throttle *t, unsigned part, uint64_t now,
    struct budget_view *v)
{
	unsigned named = part > THROTTLE_WHOLE ? part - THROTTLE_WHOLE : 0;

	if (named == 0 && part >= t->nparts)
		return false;
	if (named != 0 && (t->learned == NULL ||
	    named > THROTTLE_NAMED_PARTS ||
	    t->learned->named[named - 1] == NULL))
		return false;
	throttle_tick(t, now);
	view_budget(t, throttle_budget_of(t, part), now, v);
	view_shut(part_estimate(t, named), v);
	return true;
}

void
throttle_view_learned(struct throttle *t, unsigned part,
    struct estimate_view *v)
{
	estimate_view(part_estimate(t, part > THROTTLE_WHOLE ?
	    part - THROTTLE_WHOLE : 0), v);
}

const char *
throttle_view_meter(struct throttle *t, enum throttle_meters_of of,
    unsigned meter, uint64_t now, struct budget_view *v)
{
	const struct budget *b;
	const char *name = NULL;

	throttle_tick(t, now);
	if ((b = throttle_meter(t, of, meter, &name)) == NULL)
		return NULL;
	view_budget(t, b, now, v);
	v->reserved = b->uncounted > UINT64_MAX ? UINT64_MAX :
	    (uint64_t)b->uncounted;
	return name;
}

static struct waiter_view
view_waiter(struct throttle *t, const struct throttle_waiter *w, uint64_t now)
{
	struct throttle_report r;

	throttle_start(t, &w->fair, now, &r);
	return (struct waiter_view){
		.waiter = w,
		.client = w->fair.client,
		.cost = w->fair.cost,
		.since = w->since,
		.deadline = throttle_deadline(t, w),
		.start = r.start,
		.urgency = w->fair.urgency,
		.part = w->part,
		.named = w->named,
	};
}

size_t
throttle_view_queue(struct throttle *t, uint64_t now, struct waiter_view *all,
    size_t max)
{
	const struct throttle_waiter *w;
	size_t n = 0;

	throttle_tick(t, now);
	for (w = throttle_list_turns(t); w != NULL && n < max; w = w->next)
		all[n++] = view_waiter(t, w, now);
	return n;
}
