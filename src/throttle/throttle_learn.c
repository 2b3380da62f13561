/* SPDX-License-Identifier: ISC */
#include "throttle/throttle_learn.h"

#include "throttle/fair_turn.h"
#include "throttle/throttle_lane.h"

void
throttle_learn_end(struct throttle *t)
{
	learn_account_free(t->learner);
	t->learner = NULL;
	if (t->estimate == NULL)
		return;
	estimate_share_peers(t->estimate, 0);
	estimate_share_abroad(t->estimate, 0);
}

void
throttle_learn_order(struct throttle *t, bool renews, uint64_t now)
{
	if (t->learner != NULL)
		learn_account_order(t->learner, renews, now);
}

void
throttle_learn_hear(struct throttle *t, uint64_t now)
{
	if (t->learner != NULL && learns(t))
		learn_account_hear(t->learner, t->estimate, now);
}

/*
 * Whether somebody waits for what others may have: not one whom this proxy lets
 * nobody go for, by a pause that is not theirs.
 */
static bool
somebody_waits(const struct throttle *t, uint64_t now)
{
	return fair_length(t->queue) > 0 && t->host.paused_until <= now;
}

uint64_t
throttle_learn_at(struct throttle *t, uint64_t now)
{
	bool waits = somebody_waits(t, now);
	uint64_t at;

	if (!learns(t))
		return THROTTLE_NEVER;
	if (t->learner == NULL)
		return waits ? now : THROTTLE_NEVER;
	at = learn_account_at(t->learner, t->estimate, waits, now);
	if (fair_length(t->queue) > 0 && !waits && t->host.paused_until < at)
		at = t->host.paused_until;
	return at;
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
	learn_account_ask(a, t->estimate, somebody_waits(t, now), text, now);
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
