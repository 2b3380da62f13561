/* SPDX-License-Identifier: ISC */
#include "throttle/lease_account.h"

#include <stdlib.h>
#include <string.h>

#include "throttle/lease_math.h"
#include "throttle/window.h"

#define TRIP	5000000ULL	/* ns: what is expected to begin with */
#define RETRY	100000000ULL	/* ns: after a question that came to nothing */
#define SOON	1000000000ULL	/* ns: then one that is cut off asks again */
#define LATER	8000000000ULL	/* ns: the same, at the latest */
#define MILLION	1000000U
#define LONGER	4	/* times what was used up is asked for then */

/* Grants leases of a part that nobody else has. */
struct lease_own {
	struct lease_grantor	 grantor;
	struct lease_holder	 holder;
	struct window		 windows[];	/* one a rate, or none */
};

struct lease_account *
lease_account_new(const struct budget_limits *limits, uint64_t id,
    uint64_t foreign)
{
	struct lease_account *a = calloc(1, sizeof *a);

	if (a == NULL)
		return NULL;
	a->whole = *limits;
	a->id = id;
	a->trip = TRIP;
	lease_hold_init(&a->hold, limits);
	a->hold.foreign = foreign;
	return a;
}

void
lease_account_free(struct lease_account *a)
{
	if (a == NULL)
		return;
	free(a->own);
	free(a);
}

/* From where */

static uint64_t
part_of(uint64_t amount, wide times, wide by)
{
	wide part = amount * times / by;

	return part > 0 ? (uint64_t)part : 1;
}

/* The limits of which such a source grants. */
static struct budget_limits
limits_of(const struct lease_account *a, const struct lease_terms *terms)
{
	struct budget_limits l = a->whole;
	wide times = MILLION - terms->reserve, by = MILLION;
	unsigned i;

	if (terms->source == LEASE_OWN) {
		times = terms->reserve > 0 ? terms->reserve : MILLION;
		by *= larger(terms->peers, 1);
	}
	for (i = 0; i < l.nrates; i++) {
		l.rates[i].capacity = part_of(l.rates[i].capacity, times, by);
		l.rates[i].burst = part_of(l.rates[i].burst, times, by);
	}
	return l;
}

static bool
has_windows(const struct lease_account *a)
{
	unsigned i;

	for (i = 0; i < a->whole.nrates; i++)
		if (a->whole.rates[i].strict)
			return true;
	return false;
}

static bool
make_own(struct lease_account *a, const struct budget_limits *limits)
{
	size_t n = has_windows(a) ? limits->nrates : 0;

	free(a->own);
	a->own = calloc(1, sizeof *a->own + n * sizeof a->own->windows[0]);
	if (a->own == NULL)
		return false;
	lease_grantor_init(&a->own->grantor, limits, a->own->windows,
	    &a->own->holder, 1);
	return true;
}

static bool
is_same(const struct lease_terms *a, const struct lease_terms *b)
{
	return a->source == b->source && a->reserve == b->reserve &&
	    (a->source != LEASE_OWN || a->peers == b->peers);
}

/* What it has besides the store, others may have, too. */
static bool
goes_apart(const struct lease_terms *terms)
{
	return terms->source == LEASE_OPEN ||
	    (terms->source == LEASE_OWN && terms->reserve == 0);
}

/* It may be cut off from a store only while others are not. */
static struct lease_terms
terms_for(struct lease_account *a, const struct lease_terms *terms)
{
	struct lease_terms own = *terms;

	if (own.source != LEASE_STORE) {
		a->cut = false;
		a->failures = 0;
		a->probe = 0;
	} else if (a->cut)
		own.source = own.without;
	if (!a->cut)
		a->patience = 0;
	return own;
}

bool
lease_account_set(struct lease_account *a, const struct lease_terms *all,
    uint64_t now)
{
	const struct lease_terms own = terms_for(a, all), *terms = &own;
	struct lease_question tail = { 0 };
	struct budget_limits limits;
	bool ok = true;

	if (is_same(&a->terms, terms))
		return true;
	a->terms = *terms;
	a->asked = a->again = 0;
	a->number++;
	/* a lease is of what granted it; without the store it is the last */
	if (terms->source == LEASE_NOWHERE)
		return true;
	limits = limits_of(a, terms);
	if (terms->source == LEASE_OWN && !(ok = make_own(a, &limits)))
		a->terms.source = LEASE_NOWHERE;
	lease_hold_return(&a->hold, now, &tail);
	a->hold.limits = limits;
	a->hold.least_theirs = a->hold.gained = 0;
	if (terms->source == LEASE_STORE && a->apart)
		lease_hold_tell_spent(&a->hold);
	if (terms->source == LEASE_STORE)
		a->apart = false;
	return ok;
}

/* Asking */

static uint64_t
told(const struct lease_account *a)
{
	return a->hold.counted + a->hold.unused;
}

/* When something is to be told though nobody waits. */
static uint64_t
tells_at(const struct lease_account *a, wide uncounted)
{
	if (a->terms.source != LEASE_STORE)
		return BUDGET_NEVER;
	/* that it has spent without the store, others have to know */
	if (a->hold.stepped != 0)
		return a->told_at + LEASE_REPORT;
	if (!has_windows(a))
		return BUDGET_NEVER;
	if (a->told != told(a))
		return a->told_at + LEASE_REPORT;
	/* who is silent is taken to have ended */
	return uncounted > a->hold.foreign ? a->told_at + LEASE_HORIZON :
	    BUDGET_NEVER;
}

/* When one that is, or was, cut off has to do with the store again. */
static uint64_t
probe_at(const struct lease_account *a)
{
	if (a->cut)
		return a->probe_at + (a->probe != 0 ? LEASE_LOST : 0);
	return a->patience != 0 && a->terms.source != LEASE_STORE ? 0 :
	    BUDGET_NEVER;
}

uint64_t
lease_account_at(const struct lease_account *a, uint64_t need, wide uncounted,
    uint64_t now)
{
	uint64_t at = lease_smaller(tells_at(a, uncounted), probe_at(a));

	if (a->terms.source != LEASE_STORE && a->terms.source != LEASE_OWN)
		return larger(at, now);
	if (need > 0)
		at = lease_smaller(at, a->again);
	if (a->asked != 0)
		at = larger(at, a->asked + LEASE_LOST);
	return larger(at, now);
}

/* What would be spent in a horizon, as it was since the last lease. */
static uint64_t
used_in_horizon(const struct lease_account *a, uint64_t now)
{
	uint64_t took = larger(lease_less(now, a->taken_at),
	    LEASE_HORIZON / 8);
	wide used = (wide)a->spent * LEASE_HORIZON / took;

	return used > UINT64_MAX ? UINT64_MAX : (uint64_t)used;
}

/*
 * Where each lease costs a gap, what clients were held up by is no measure of what
 * they want: with as little again there would be more gaps than leases.  So one
 * that was used up is followed by a longer one, as far as there is a share.
 */
static uint64_t
longer(const struct lease_account *a, const struct lease_question *q)
{
	uint64_t gap = 0;
	unsigned i;

	for (i = 0; i < a->hold.limits.nrates; i++)
		gap = larger(gap, lease_gap(&a->hold.limits.rates[i],
		    q->guard, q->first));
	if (gap == 0 || a->hold.left >= q->first)
		return 0;
	return a->spent > UINT64_MAX / LONGER ? UINT64_MAX :
	    a->spent * LONGER;
}

/* Its own part answers at once. */
static void
grant_own(struct lease_account *a, uint64_t now)
{
	struct lease_answer answer;

	lease_grant_share(&a->own->grantor, &a->question, 1, now, &answer);
	a->apart = a->apart || (answer.serial != 0 && goes_apart(&a->terms));
	(void)lease_account_take(a, a->number, &answer, now, now);
}

void
lease_account_ask(struct lease_account *a, uint64_t first, uint64_t demand,
    uint64_t weight, uint64_t now)
{
	struct lease_question *q = &a->question;

	*q = (struct lease_question){
		.holder = a->id,
		.weight = larger(weight, 1),
		.first = first,
		.horizon = LEASE_HORIZON,
	};
	q->guard = lease_hold_guard(&a->hold, a->trip, LEASE_HORIZON);
	/* it may tell something, and have been told to wait */
	if (now < a->again)
		q->first = 0;
	if (q->first > 0) {
		q->demand = sum(larger(larger(demand,
		    used_in_horizon(a, now)), longer(a, q)), a->owed);
		lease_hold_return(&a->hold, now, q);
	}
	lease_hold_ask(&a->hold, q);
	a->told = told(a);
	a->told_at = a->asked = now;
	a->number++;
	if (a->terms.source == LEASE_OWN)
		grant_own(a, now);
}

bool
lease_account_leave(struct lease_account *a, wide uncounted, bool ends,
    uint64_t now)
{
	struct lease_question *q = &a->question;

	if (a->terms.source != LEASE_STORE || a->told_at == 0)
		return false;
	*q = (struct lease_question){
		.holder = a->id,
		.weight = 1,
		.horizon = LEASE_HORIZON,
	};
	lease_hold_return(&a->hold, now, q);
	q->guard = lease_hold_guard(&a->hold, a->trip, LEASE_HORIZON);
	lease_hold_ask(&a->hold, q);
	/* what is on its way is counted when it is silent: not before it came */
	q->leaves = ends || !has_windows(a) || uncounted <= a->hold.foreign;
	a->number++;
	return true;
}

bool
lease_account_probe(struct lease_account *a, uint64_t now)
{
	if (!a->cut || probe_at(a) > now)
		return false;
	a->question = (struct lease_question){
		.holder = a->id,
		.weight = 1,
		.horizon = LEASE_HORIZON,
		.guard = lease_hold_guard(&a->hold, a->trip, LEASE_HORIZON),
	};
	a->probe = ++a->number;
	a->probe_at = now;
	return true;
}

/* Answers */

static void
cut_off(struct lease_account *a, enum lease_news why, uint64_t now)
{
	a->cut = true;
	a->probe = 0;
	a->patience = SOON;
	a->probe_at = now + SOON;
	a->news = why;
}

static void
fail(struct lease_account *a, enum lease_news why, uint64_t now)
{
	a->again = now + RETRY;
	if (++a->failures >= LEASE_CUT && !a->cut)
		cut_off(a, why, now);
}

static void
take_probe(struct lease_account *a, const struct lease_answer *answer,
    uint64_t sent, uint64_t received)
{
	a->probe = 0;
	if (answer == NULL || received - sent > LEASE_GUARD) {
		a->patience = lease_smaller(2 * a->patience, LATER);
		a->probe_at = received + a->patience;
		return;
	}
	a->cut = false;
	a->failures = 0;
	a->trip = received - sent;
	a->news = LEASE_IS_BACK;
}

/*
 * How long answers take.  One that is of no use any more says nothing of the
 * next: it may be that this process stood still.
 */
static void
learn_trip(struct lease_account *a, uint64_t trip)
{
	if (trip > LEASE_GUARD)
		return;
	if (trip > a->trip)
		a->trip = trip;
	else
		a->trip -= (a->trip - trip) / 8;
}

static enum lease_news
news_of(const struct lease_account *a, const struct lease_answer *answer,
    uint64_t theirs)
{
	if (sum(answer->now, LEASE_GUARD) < theirs)
		return LEASE_CLOCK_BACK;
	if (a->hold.stepped == answer->now)
		return LEASE_CLOCK_FORWARD;
	if (answer->serial == 0 && answer->peers > LEASE_HOLDERS)
		return LEASE_NO_PLACE;
	if (answer->foreign > 0)
		return LEASE_DIFFERS;
	return a->hold.gained != 0 ? LEASE_CLOCK_FAST : LEASE_NO_NEWS;
}

static void
note_left(struct lease_account *a, const struct lease_answer *answer,
    uint64_t received)
{
	memcpy(a->left, answer->left, sizeof a->left);
	a->left_at = received;
}

static void
pay(struct lease_account *a)
{
	uint64_t part = lease_smaller(a->owed, a->hold.left);

	if (part == 0)
		return;
	a->owed -= part;
	lease_hold_spend(&a->hold, part, a->taken_at);
}

bool
lease_account_take(struct lease_account *a, uint64_t number,
    const struct lease_answer *answer, uint64_t sent, uint64_t received)
{
	uint64_t theirs = a->hold.theirs;
	bool ok;

	if (number == a->probe && number != 0)
		take_probe(a, answer, sent, received);
	if (number != a->number || a->asked == 0)
		return false;
	a->asked = 0;
	if (answer == NULL) {
		fail(a, LEASE_IS_CUT, received);
		return false;
	}
	learn_trip(a, received - sent);
	ok = lease_hold_take(&a->hold, answer, &a->question, sent, received);
	if (a->terms.source == LEASE_STORE) {
		a->news = news_of(a, answer, theirs);
		note_left(a, answer, received);
	}
	if (received - sent > LEASE_GUARD) {
		fail(a, LEASE_IS_FAR, received);
		return false;
	}
	a->failures = 0;
	if (!ok) {
		a->again = received;
		return false;
	}
	if (a->question.first == 0)
		return false;
	if (answer->serial == 0) {
		a->again = answer->again_at > answer->now ? received +
		    (answer->again_at - answer->now) : received + RETRY;
		return false;
	}
	a->again = 0;
	a->taken_at = received;
	a->spent = 0;
	pay(a);
	return true;
}

/* Spending */

uint64_t
lease_account_due(const struct lease_account *a, uint64_t cost, uint64_t now)
{
	return a->terms.source == LEASE_OPEN ? now :
	    lease_hold_due(&a->hold, cost, now);
}

void
lease_account_spend(struct lease_account *a, uint64_t cost, uint64_t at)
{
	if (a->terms.source == LEASE_OPEN) {
		a->apart = a->apart || cost > 0;
		return;
	}
	a->spent = sum(a->spent, cost);
	a->owed = sum(a->owed, lease_less(cost, a->hold.left));
	lease_hold_spend(&a->hold, cost, at);
}
