/* SPDX-License-Identifier: ISC */
#include "throttle/lease_turn.h"

#include "throttle/lease_math.h"

void
lease_turn_hear(struct lease_turn *t, uint64_t pause, uint64_t opened,
    uint64_t now)
{
	if (pause > t->pause) {
		t->pause = pause;
		t->heard = now;
		t->prober = 0;
	}
	/* what nobody has paused for cannot have been opened */
	t->opened = larger(t->opened, lease_smaller(opened, t->pause));
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
