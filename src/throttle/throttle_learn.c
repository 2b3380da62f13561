/* SPDX-License-Identifier: ISC */
#include "throttle/throttle_learn.h"

#include "throttle/fair_turn.h"
#include "throttle/lease_math.h"
#include "throttle/throttle_lane.h"

#define SOON	50000000ULL	/* ns: until then it is asked for */

void
throttle_learn_end(struct throttle *t)
{
	learn_account_free(t->learner);
	t->learner = NULL;
	t->orders = 0;
	if (t->estimate == NULL)
		return;
	estimate_share_peers(t->estimate, 0);
	estimate_share_abroad(t->estimate, 0);
}

void
throttle_learn_order(struct throttle *t, bool renews, uint64_t now)
{
	if (t->learner != NULL) {
		learn_account_order(t->learner, renews, now);
	} else if (learns(t)) {
		t->orders = now;
		t->renews = renews;
	}
}

bool
throttle_learn_has_order(const struct throttle *t)
{
	return t->orders != 0 || (t->learner != NULL &&
	    t->learner->ordered != 0);
}

void
throttle_learn_hear(struct throttle *t, uint64_t now)
{
	if (t->learner != NULL && learns(t))
		learn_account_hear(t->learner, t->estimate, now);
}

/*
 * From when on somebody waits for what others may have: not while this proxy
 * lets nobody go, by a pause or a limit that is not theirs.
 */
static uint64_t
waits_from(struct throttle *t)
{
	uint64_t at = THROTTLE_NEVER, due;
	const struct fair_waiter *w;
	unsigned lane;

	for (lane = 0; lane != FAIR_END; lane = fair_next_lane(t->queue,
	    lane)) {
		if ((w = first_of(t, lane)) == NULL)
			continue;
		due = budget_due(&t->host, w->cost);
		/* that which it has to count first, it will soon have */
		due = due == BUDGET_NEVER ? t->now : lease_less(due, SOON);
		at = due < at ? due : at;
	}
	return at;
}

uint64_t
throttle_learn_at(struct throttle *t, uint64_t now)
{
	uint64_t from, at;
	bool waits;

	if (!learns(t))
		return THROTTLE_NEVER;
	from = waits_from(t);
	waits = from <= now;
	if (t->learner == NULL)
		return waits || t->orders != 0 ? now : from;
	at = learn_account_at(t->learner, t->estimate, waits, now);
	return waits || at < from ? at : from;
}

/* Made where it is missing; NULL: none is needed, or no memory. */
static struct learn_account *
account_of(struct throttle *t, const struct lease_terms *terms, uint64_t *ids,
    uint64_t now)
{
	if (!learns(t))
		throttle_learn_end(t);
	else if (t->learner == NULL && throttle_learn_at(t, now) <= now)
		t->learner = learn_account_new(++*ids, terms, now);
	if (t->learner != NULL)
		learn_account_set(t->learner, t->estimate, terms, now);
	if (t->learner != NULL && t->orders != 0) {
		learn_account_order(t->learner, t->renews, t->orders);
		t->orders = 0;
	}
	return t->learner;
}

bool
throttle_learn_ask(struct throttle *t, const struct lease_terms *terms,
    uint64_t *ids, char text[ESTIMATE_SAVED], uint64_t now, bool *granted)
{
	struct learn_account *a = account_of(t, terms, ids, now);

	if (a == NULL)
		return false;
	if (terms->source != LEASE_STORE)
		*granted = *granted || learn_account_may(a, now);
	if (terms->source != LEASE_STORE || throttle_learn_at(t, now) > now)
		return false;
	learn_account_ask(a, t->estimate, waits_from(t) <= now, text, now);
	return true;
}

bool
throttle_learn_leave(struct throttle *t, bool ends, char text[ESTIMATE_SAVED],
    uint64_t now)
{
	return t->learner != NULL && t->estimate != NULL &&
	    learn_account_leave(t->learner, t->estimate, ends, text, now);
}

void
throttle_learn_take(struct throttle *t, uint64_t holder,
    const struct lease_learn_answer *answer, uint64_t sent, uint64_t received)
{
	if (t->learner == NULL || t->learner->id != holder ||
	    t->estimate == NULL)
		return;
	learn_account_take(t->learner, t->estimate, answer, sent, received);
}
