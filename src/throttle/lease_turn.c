/* SPDX-License-Identifier: ISC */
#include "throttle/lease_turn.h"

#include "throttle/lease_math.h"

void
lease_turn_set_back(struct lease_turn *t, struct lease_turn_news *n)
{
	*t = (struct lease_turn){ 0 };
	n->pause = n->opened = 0;
}

/* A pause that was learned later than the order was given goes on. */
static void
obey(struct lease_turn *t, uint64_t ordered, uint64_t now)
{
	if (ordered <= t->ordered)
		return;
	t->ordered = ordered;
	if (t->heard > ordered)
		return;
	t->opened = t->pause = lease_smaller(t->pause, now);
	t->prober = 0;
}

void
lease_turn_hear(struct lease_turn *t, const struct lease_turn_news *n,
    uint64_t now)
{
	if (n->pause > t->pause && n->heeded >= t->ordered) {
		t->pause = n->pause;
		t->heard = lease_less(now, n->ago);
		t->prober = 0;
	}
	/* what nobody has paused for cannot have been opened */
	t->opened = larger(t->opened, lease_smaller(n->opened, t->pause));
	if (n->orders != 0)
		obey(t, lease_less(now, n->orders), now);
}

void
lease_turn_leave(struct lease_turn *t, uint64_t holder)
{
	if (t->prober == holder)
		t->prober = t->ends = 0;
}

bool
lease_turn_is_open(const struct lease_turn *t, uint64_t now)
{
	return t->opened >= t->pause ||
	    sum(t->pause, LEASE_TURN_MEMORY) <= now;
}

enum lease_turn_state
lease_turn_ask(struct lease_turn *t, uint64_t holder, uint64_t longest,
    uint64_t horizon, uint64_t now, uint64_t *again_at)
{
	uint64_t until = lease_smaller(t->pause,
	    sum(t->heard, longest));

	if (lease_turn_is_open(t, now))
		return LEASE_TURN_OPEN;
	if (until > now) {
		*again_at = until;
		return LEASE_TURN_SHUT;
	}
	if (t->prober != 0 && t->prober != holder && t->ends > now) {
		*again_at = lease_smaller(t->ends, sum(now,
		    horizon / 2));
		return LEASE_TURN_SHUT;
	}
	t->prober = holder;
	t->ends = sum(now, LEASE_TURN);
	return LEASE_TURN_PROBE;
}
