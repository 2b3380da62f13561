/* SPDX-License-Identifier: ISC */
#include "front/front_send.h"

#include <event2/event.h>

#include "front/downstream.h"

/* Bytes to clients, and whether they take them. */

void
front_give_up(struct downstream *d)
{
	d->stream.broken = true;
	event_active(&d->gone_ev, EV_TIMEOUT, 0);
}

size_t
front_pending(const struct downstream *d)
{
	return stream_pending(&d->stream);
}

uint64_t
front_sent(const struct downstream *d)
{
	return d->stream.sent;
}

static void
note_progress(struct downstream *d)
{
	d->sent = d->stream.sent;
	deadline_set(&d->write_timer,
	    loop_now() + front_conf(d)->timeout_idle);
}

bool
front_gets_on(struct downstream *d)
{
	if (front_pending(d) == 0)
		return true;
	if (d->stream.sent == d->sent)
		return false;
	note_progress(d);
	return true;
}

void
front_watch_output(struct downstream *d)
{
	if (front_pending(d) > 0 && d->write_timer.at == 0)
		note_progress(d);
}

void
front_send(struct downstream *d, struct iovec *v, int n)
{
	if (d->state != BUSY || d->stream.broken)
		return;
	if (!stream_send(&d->stream, v, n))
		front_give_up(d);
	front_watch_output(d);
}
