/* SPDX-License-Identifier: ISC */
#include "lib/lib_time.h"

/*
 * A pause that is over leaves a budget half open, until verdicts tell that the
 * host is, too.  Where nobody gives any it would stay so; there the configured
 * limits hold at once.
 */
static void
open_wholly(struct sluice_throttle *t)
{
	if (!t->careful && throttle_is_held_up(t->throttle, t->now) &&
	    throttle_paused_until(t->throttle, THROTTLE_WHOLE) <= t->now)
		throttle_resume(t->throttle, THROTTLE_WHOLE, t->now);
}

uint64_t
lib_pass(struct sluice_throttle *t, uint64_t now)
{
	if (now > t->now)
		t->now = now;
	open_wholly(t);
	return t->now;
}
