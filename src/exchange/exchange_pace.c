/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_pace.h"

#include "conf/conf.h"
#include "exchange/exchange_state.h"
#include "front/front.h"
#include "hosts/hosts.h"

#define SECOND	1000000000ULL	/* ns */

static uint64_t
window(const struct exchange *x)
{
	return x->ticket.conf->timeout_idle / 2;
}

/* Bytes of its body, and those of the answer that it took. */
static uint64_t
moved(const struct exchange *x)
{
	return x->in + front_sent(x->downstream);
}

static void
begin_window(struct exchange *x)
{
	x->pace.took = 0;
	x->pace.moved = moved(x);
}

void
exchange_pace_turn(struct exchange *x, bool clients, uint64_t now)
{
	if (x->pace.since == 0 && x->pace.took == 0)
		begin_window(x);
	if (x->pace.since != 0)
		x->pace.took += now - x->pace.since;
	x->pace.since = clients ? now : 0;
}

uint64_t
exchange_pace_until(const struct exchange *x)
{
	uint64_t all = window(x), took = x->pace.took;

	if (x->ticket.conf->limit_pace == 0 || x->pace.since == 0)
		return 0;
	return x->pace.since + (took < all ? all - took : 0);
}

/* By the time that it took, which may be more than the window. */
static bool
is_slow(const struct exchange *x)
{
	uint64_t pace = x->ticket.conf->limit_pace;

	return (double)(moved(x) - x->pace.moved) <
	    (double)pace * ((double)x->pace.took / SECOND);
}

bool
exchange_pace_fails(struct exchange *x, uint64_t now)
{
	bool slow;

	exchange_pace_turn(x, true, now);
	if (x->pace.took < window(x))
		return false;
	slow = is_slow(x) && hosts_is_wanted(x->exchanges->hosts, &x->ticket);
	begin_window(x);
	return slow;
}
