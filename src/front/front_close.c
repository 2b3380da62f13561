/* SPDX-License-Identifier: ISC */
#include "front/front_close.h"

#include <stdlib.h>
#include <string.h>

#include "front/downstream.h"
#include "front/front_input.h"
#include "front/front_inside.h"
#include "front/front_share.h"
#include "front/front_turn.h"
#include "net/reserve.h"

/* The end of a connection. */

static void
free_downstream(void *arg)
{
	struct downstream *d = arg;

	front_share_leave(d);
	reserve_free(d);
}

void
front_drop_held(struct downstream *d)
{
	if (d->held == NULL)
		return;
	memory_sub(front_memory(d), d->held_len);
	explicit_bzero(d->held, d->held_len);
	free(d->held);
	d->held = NULL;
	d->held_len = 0;
}

void
front_close(struct downstream *d)
{
	struct front *f = d->front;

	if (d->state == DEAD)
		return;
	if (d->state == HEAD)
		(void)stream_shut(&d->stream);	/* in good order */
	downstream_enter(d, DEAD);
	front_turn_leave(d);
	front_stop_watching(d);
	event_del(&d->next_ev);
	event_del(&d->gone_ev);
	deadline_free(&d->read_timer);
	deadline_free(&d->write_timer);
	http1_chunked_free(&d->chunked);
	tls_free(d->tls_next);
	(void)stream_release(&d->stream);
	stream_free(&d->stream);
	front_free_inside(d);
	front_drop_held(d);
	if (d->evcon != NULL) {
		memory_unwatch(front_memory(d),
		    bufferevent_get_input(d->bev));
		evhttp_connection_free(d->evcon);
	}
	if (d->bound != 0)
		f->setup.parted(f->setup.arg, d->bound);
	loop_bury(f->loop, &d->grave, free_downstream, d);
}

void
front_client_gone(struct downstream *d, const char *why)
{
	void *attached = d->attached;

	d->attached = NULL;
	if (attached != NULL)
		front_events(d)->gone(attached, why);
	front_close(d);
}
