/* SPDX-License-Identifier: ISC */
#include "front/front_turn.h"

#include <stddef.h>

#include "front/clients.h"
#include "front/downstream.h"
#include "front/front_input.h"

#define AT_MOST		2000000ULL	/* ns of a round, or one handshake */

/* Once what else is there has been looked at. */
static void
plan_round(struct front *f)
{
	static const struct timeval next_round = { 0 };

	if (!event_pending(&f->turn_ev, EV_TIMEOUT, NULL) &&
	    event_add(&f->turn_ev, &next_round) == -1)
		event_active(&f->turn_ev, EV_TIMEOUT, 0);
}

static void
go(struct turn *turn)
{
	struct downstream *d = (struct downstream *)(void *)((char *)turn -
	    offsetof(struct downstream, turn_waits));

	d->its_turn = true;
	front_watch(d);
	d->stream.events->readable(d->stream.owner);
	d->its_turn = false;
}

static void
round_cb(evutil_socket_t fd, short what, void *arg)
{
	struct front *f = arg;
	struct turn *turn;

	(void)fd;
	(void)what;
	f->turn_took = 0;
	while (f->turn_took < AT_MOST && (turn = turns_next(&f->turns)) != NULL)
		go(turn);
	if (!turns_empty(&f->turns))
		plan_round(f);
}

void
front_turn_init(struct front *f)
{
	evtimer_assign(&f->turn_ev, f->loop->base, round_cb, f);
}

void
front_turn_free(struct front *f)
{
	event_del(&f->turn_ev);
}

bool
front_turn_comes(struct downstream *d)
{
	struct front *f = d->front;

	if (d->its_turn || (f->turn_took < AT_MOST && turns_empty(&f->turns)))
		return true;
	front_stop_watching(d);
	turns_wait(&f->turns, &d->turn_waits,
	    d->client != NULL ? d->client->id : 0);
	plan_round(f);
	return false;
}

void
front_turn_over(struct front *f, uint64_t took)
{
	f->turn_took += took;
	plan_round(f);
}

void
front_turn_leave(struct downstream *d)
{
	turns_leave(&d->front->turns, &d->turn_waits);
}
