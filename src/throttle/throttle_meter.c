/* SPDX-License-Identifier: ISC */
#include "throttle/throttle_meter.h"

#include <stdlib.h>
#include <string.h>

#include "throttle/budget_rates.h"
#include "throttle/lease.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_meters.h"
#include "throttle/window.h"

/*
 * Who has taken something is in the list of takers until that is settled, or
 * ends: so it can be told what comes back to whom.
 */

struct meter *
throttle_meter_find(const struct throttle_meters *all, const char *name)
{
	const struct meter *m, *was = NULL;
	unsigned i;

	for (i = 0; all != NULL && i < all->n; i++) {
		m = &all->all[i];
		if (m->at == name || strcmp(m->name, name) == 0)
			return (struct meter *)(uintptr_t)m;
		if (m->before != NULL && strcmp(m->before, name) == 0)
			was = m;
	}
	return (struct meter *)(uintptr_t)was;
}

/* Of which one wants some; NULL where it is nothing, or not limited. */
static struct meter *
wanted(const struct throttle_meters *all, const struct throttle_amount *a)
{
	return a->amount > 0 ? throttle_meter_find(all, a->name) : NULL;
}

struct meter *
throttle_meter_by_serial(const struct throttle_meters *all, uint32_t serial)
{
	unsigned i;

	for (i = 0; all != NULL && serial != 0 && i < all->n; i++)
		if (all->all[i].serial == serial)
			return (struct meter *)(uintptr_t)&all->all[i];
	return NULL;
}

static unsigned
wants(const struct throttle_meters *all, const struct throttle_wants *w)
{
	return all != NULL && w != NULL ? w->n : 0;
}

/* Those of the total of which one has taken, if they are still there. */
static struct throttle_meters *
taken_of_total(const struct throttle *t, const struct throttle_waiter *w)
{
	return is_of_total(t, w) ? t->total->meters : NULL;
}

/* Life */

void
throttle_meters_drop(struct throttle_meters *all)
{
	unsigned i;

	if (all == NULL)
		return;
	for (i = 0; i < all->n; i++) {
		free(all->all[i].name);
		free(all->all[i].before);
		free(all->all[i].what);
	}
	free(all->windows);
	free(all);
}

/* A copy of a name, where there is one; false without memory. */
static bool
copy(const char *name, char **to)
{
	return name == NULL || (*to = strdup(name)) != NULL;
}

bool
throttle_meters_make(const struct throttle_limits *limits,
    enum throttle_meters_of of, struct throttle_meters **made)
{
	struct throttle_meters *all;
	unsigned i, windows = 0;
	bool ok = true;

	*made = NULL;
	if (limits->nmeters == 0)
		return true;
	all = calloc(1, sizeof *all + limits->nmeters * sizeof all->all[0]);
	if (all == NULL)
		return false;
	all->of = of;
	LIST_INIT(&all->takers);
	for (i = 0; i < limits->nmeters; i++) {
		windows += budget_windows(&limits->meters[i]->limits);
		all->n++;
		ok = ok && copy(limits->meters[i]->name, &all->all[i].name) &&
		    copy(limits->meters[i]->what, &all->all[i].what);
	}
	if (windows > 0)
		all->windows = calloc(windows, sizeof *all->windows);
	if (!ok || (windows > 0 && all->windows == NULL)) {
		throttle_meters_drop(all);
		return false;
	}
	*made = all;
	return true;
}

void
throttle_meters_tick(struct throttle *t, uint64_t now)
{
	unsigned i;

	if (t->meters == NULL || t->meters->windows == NULL)
		return;
	for (i = 0; i < t->meters->n; i++)
		if (budget_rates_tick(&t->meters->all[i].budget, now))
			set_unblocked_at(t, now);
}

void
throttle_meters_refill(struct throttle_meters *all)
{
	struct throttle_wants *w;
	unsigned i;

	if (all == NULL)
		return;
	LIST_FOREACH(w, &all->takers, of[all->of].entry)
		for (i = 0; i < w->n; i++)
			w->amounts[i].taken[all->of].paid =
			    (struct budget_paid){ 0 };
	for (i = 0; i < all->n; i++)
		budget_refill(&all->all[i].budget);
}

bool
throttle_meters_idle(const struct throttle_meters *all, uint64_t now)
{
	unsigned i;

	for (i = 0; all != NULL && i < all->n; i++)
		if (!budget_rates_are_full(&all->all[i].budget, now))
			return false;
	return true;
}

struct budget *
throttle_meter(const struct throttle *t, enum throttle_meters_of of,
    unsigned meter, const char **name)
{
	struct throttle_meters *all = of == THROTTLE_METERS_OWN ? t->meters :
	    meters_of_total(t);

	if (all == NULL || meter >= all->n)
		return NULL;
	if (name != NULL)
		*name = all->all[meter].name;
	return &all->all[meter].budget;
}

/* When, and how much */

void
throttle_meters_each(const struct throttle_meters *all,
    const struct fair_waiter *f,
    void (*each)(const struct throttle_meter_want *, void *), void *arg)
{
	unsigned i, n = wants(all, f->wants);
	struct throttle_meter_want want;
	struct meter *m;

	for (i = 0; i < n; i++) {
		if ((m = wanted(all, &f->wants->amounts[i])) == NULL)
			continue;
		want = (struct throttle_meter_want){
			.budget = &m->budget,
			.amount = f->wants->amounts[i].amount,
			.of = all->of,
			.meter = (unsigned)(m - all->all),
		};
		each(&want, arg);
	}
}

bool
throttle_meters_allow(const struct throttle_meters *all,
    const struct fair_waiter *f, uint64_t now)
{
	unsigned i, n = wants(all, f->wants);
	const struct throttle_amount *a;
	const struct meter *m;

	for (i = 0; i < n; i++) {
		a = &f->wants->amounts[i];
		if ((m = wanted(all, a)) != NULL &&
		    !budget_rates_allow(&m->budget, a->amount, now))
			return false;
	}
	return true;
}

struct due {
	uint64_t		 at;
	uint64_t		 now;
};

static void
add_due(const struct throttle_meter_want *want, void *arg)
{
	struct due *due = arg;

	due->at = larger(due->at, lease_due(want->budget, want->amount,
	    due->now));
}

uint64_t
throttle_meters_due(const struct throttle_meters *all,
    const struct fair_waiter *f, uint64_t now)
{
	struct due due = { 0, now };

	throttle_meters_each(all, f, add_due, &due);
	return due.at;
}

static void
add_best(const struct throttle_meter_want *want, void *arg)
{
	struct due *best = arg;

	best->at = larger(best->at, budget_due_at_best(want->budget,
	    want->amount, best->now));
}

uint64_t
throttle_meters_due_at_best(const struct throttle_meters *all,
    const struct fair_waiter *f, uint64_t now)
{
	struct due best = { 0, now };

	throttle_meters_each(all, f, add_best, &best);
	return best.at;
}

/* How long (ns) the slowest of these rates takes for so much. */
static uint64_t
time_of(const struct budget *b, uint64_t amount)
{
	uint64_t longest = 0;
	unsigned i;
	wide ns;

	for (i = 0; i < b->nrates; i++) {
		ns = (wide)amount * b->rates[i].limit.period /
		    b->rates[i].limit.capacity;
		longest = larger(longest, ns > UINT64_MAX ? UINT64_MAX :
		    (uint64_t)ns);
	}
	return longest;
}

static uint64_t
time_of_all(const struct throttle_meters *all, const struct throttle_wants *w)
{
	unsigned i, n = wants(all, w);
	const struct meter *m;
	uint64_t time = 0;

	for (i = 0; i < n; i++)
		if ((m = wanted(all, &w->amounts[i])) != NULL)
			time = larger(time, time_of(&m->budget,
			    w->amounts[i].amount));
	return time;
}

/* A total says nothing of whose turn it is in a throttle. */
uint64_t
throttle_meters_turn(const struct throttle *t, const struct throttle_wants *w,
    uint64_t cost)
{
	uint64_t turn;

	if (t->meters == NULL)
		return 0;
	turn = larger(larger(time_of(&t->host, cost), 1),
	    time_of_all(t->meters, w));
	return t->total == NULL ? turn :
	    larger(turn, time_of_all(t->total->meters, w));
}

/* What is taken, and what becomes of it */

static void
take(struct throttle_meters *all, struct throttle_wants *w, uint64_t at,
    uint64_t now)
{
	unsigned i, n = wants(all, w);
	struct throttle_amount *a;
	struct throttle_taken *taken;
	struct meter *m;

	for (i = 0; i < n; i++) {
		a = &w->amounts[i];
		taken = &a->taken[all->of];
		taken->serial = 0;
		/* what wants nothing may turn out to have taken some */
		if ((m = throttle_meter_find(all, a->name)) == NULL)
			continue;
		budget_rates_take(&m->budget, a->amount, at, now);
		m->budget.uncounted += a->amount;
		budget_paid(&m->budget, a->amount, &taken->paid);
		taken->serial = m->serial;
		taken->counted = false;
	}
	if (n > 0) {
		LIST_INSERT_HEAD(&all->takers, w, of[all->of].entry);
		w->of[all->of].listed = true;
	}
}

void
throttle_meters_take(struct throttle *t, struct throttle_waiter *w,
    uint64_t at, uint64_t now)
{
	take(t->meters, w->fair.wants, at, now);
	if (t->total != NULL)
		take(t->total->meters, w->fair.wants, at, now);
}

static void
count_one(struct meter *m, struct throttle_amount *a,
    enum throttle_meters_of of, uint64_t at)
{
	if (m == NULL || a->taken[of].counted)
		return;
	budget_count(&m->budget, a->amount, at);
	a->taken[of].counted = true;
}

/* What the host has counted by now: what is not settled. */
static void
count(struct throttle_meters *all, struct throttle_wants *w, uint64_t at)
{
	unsigned i, n = all != NULL && all->counts ? wants(all, w) : 0;
	struct meter *m;

	for (i = 0; i < n; i++) {
		m = throttle_meter_by_serial(all,
		    w->amounts[i].taken[all->of].serial);
		if (m != NULL && !m->settles)
			count_one(m, &w->amounts[i], all->of, at);
	}
}

void
throttle_meters_count(struct throttle *t, struct throttle_waiter *w,
    uint64_t at)
{
	count(t->meters, w->fair.wants, at);
	if (t->total != NULL)
		count(taken_of_total(t, w), w->fair.wants, at);
}

/* What others have taken since then is done sooner, too. */
static void
give_back(struct throttle_meters *all, const struct meter *m,
    const struct budget_paid *refund, const wide sooner[BUDGET_RATES])
{
	struct throttle_wants *other;
	struct throttle_taken *taken;
	unsigned i;

	LIST_FOREACH(other, &all->takers, of[all->of].entry)
		for (i = 0; i < other->n; i++) {
			taken = &other->amounts[i].taken[all->of];
			if (taken->serial == m->serial)
				budget_refunded(&m->budget, refund, sooner,
				    &taken->paid);
		}
}

static void
settle(struct throttle_meters *all, struct throttle_amount *a,
    uint64_t actual, uint64_t now)
{
	struct throttle_taken *taken = &a->taken[all->of];
	struct meter *m = throttle_meter_by_serial(all, taken->serial);
	wide sooner[BUDGET_RATES];

	taken->serial = 0;
	if (m == NULL)
		return;
	budget_settle(&m->budget, &taken->paid, a->amount, actual,
	    taken->counted, now, sooner);
	if (taken->paid.cost > 0)
		give_back(all, m, &taken->paid, sooner);
}

static void
settle_all(struct throttle_meters *all, struct throttle_wants *w,
    const uint64_t *actual, uint64_t now)
{
	unsigned i, n = wants(all, w);

	for (i = 0; i < n; i++)
		if (actual[i] != THROTTLE_NEVER)
			settle(all, &w->amounts[i], actual[i], now);
}

/* It may have taken of what is gone by now; of the rest all is counted. */
static void
end(struct throttle_meters *all, struct throttle_wants *w,
    enum throttle_meters_of of, uint64_t now)
{
	struct throttle_taken *taken;
	unsigned i;

	for (i = 0; i < w->n; i++) {
		taken = &w->amounts[i].taken[of];
		if (taken->serial != 0)
			count_one(throttle_meter_by_serial(all, taken->serial),
			    &w->amounts[i], of, now);
		taken->serial = 0;
	}
	LIST_REMOVE(w, of[of].entry);
	w->of[of].listed = false;
}

void
throttle_meters_end(struct throttle *t, struct throttle_waiter *w,
    uint64_t now)
{
	struct throttle_wants *all = w->fair.wants;

	if (all == NULL)
		return;
	if (all->of[THROTTLE_METERS_OWN].listed)
		end(t->meters, all, THROTTLE_METERS_OWN, now);
	if (all->of[THROTTLE_METERS_TOTAL].listed)
		end(taken_of_total(t, w), all, THROTTLE_METERS_TOTAL, now);
}

void
throttle_meters_refund(struct throttle *t, struct throttle_waiter *w,
    uint64_t now)
{
	uint64_t nothing[THROTTLE_METERS] = { 0 };

	throttle_settle(t, w, nothing, now);
}

/* Whether it has taken some, and nobody has settled that. */
static bool
has_taken(const struct throttle_wants *w)
{
	return w->of[THROTTLE_METERS_OWN].listed ||
	    w->of[THROTTLE_METERS_TOTAL].listed;
}

/* What it turned out to want, as far as that is known. */
static void
take_actual(struct throttle_wants *all, const uint64_t *actual)
{
	unsigned i;

	for (i = 0; i < all->n; i++)
		if (actual[i] != THROTTLE_NEVER)
			all->amounts[i].amount = actual[i];
}

void
throttle_settle(struct throttle *t, struct throttle_waiter *w,
    const uint64_t *actual, uint64_t now)
{
	struct throttle_wants *all = w->fair.wants;

	if (wants(t->meters, all) == 0 || !w->held || !has_taken(all))
		return;
	throttle_meters_tick(t, now);
	settle_all(t->meters, all, actual, now);
	if (t->total != NULL)
		settle_all(taken_of_total(t, w), all, actual, now);
	throttle_meters_end(t, w, now);
	take_actual(all, actual);
	if (w->charged)
		fair_settle(t->queue, w->fair.client, w->fair.turn,
		    throttle_meters_turn(t, all, w->fair.cost));
	/* Whom it lets go now could not have gone before. */
	set_unblocked_at(t, now);
	if (t->total != NULL)
		t->total->unblocked_at = larger(t->total->unblocked_at, now);
}

/* What the host says */

static unsigned
shortest(const struct budget *b)
{
	unsigned i, best = 0;

	for (i = 1; i < b->nrates; i++)
		if (b->rates[i].limit.period < b->rates[best].limit.period)
			best = i;
	return best;
}

/* What the rate has given since then may be there besides. */
static uint64_t
with_refill(const struct gcra_rate *r, uint64_t left, uint64_t since)
{
	wide all = (wide)r->capacity * since / r->period + left;

	return all > r->burst ? r->burst : (uint64_t)all;
}

static void
lower(struct budget *b, unsigned i, uint64_t left, uint64_t now)
{
	int64_t ours = gcra_left(&b->rates[i], now);
	uint64_t more;

	if (b->windows[i] != NULL && window_left(b->windows[i]) < ours)
		ours = window_left(b->windows[i]);
	if (ours <= (int64_t)left)
		return;
	more = (uint64_t)ours - left;
	gcra_take(&b->rates[i], more, now);
	if (b->windows[i] == NULL)
		return;
	window_take(b->windows[i], more);
	window_count(b->windows[i], more, now);
}

void
throttle_meter_left(struct throttle *t, const char *name, uint64_t left,
    uint64_t at, uint64_t now)
{
	struct meter *m = throttle_meter_find(t->meters, name);
	unsigned i;

	if (m == NULL || m->budget.nrates == 0 || at > now)
		return;
	throttle_meters_tick(t, now);
	i = shortest(&m->budget);
	lower(&m->budget, i, with_refill(&m->budget.rates[i].limit, left,
	    now - at), now);
}
