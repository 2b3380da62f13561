/* SPDX-License-Identifier: ISC */
#include "front/front_close.h"

#include <stdlib.h>

#include "front/downstream.h"
#include "front/front_input.h"
#include "front/front_inside.h"
#include "front/front_tls.h"

/* The end of a connection. */

static void
unwatch_memory(struct downstream *d)
{
	struct memory *m = d->front->loop->memory;

	memory_unwatch(m, bufferevent_get_input(d->bev));
	memory_unwatch(m, bufferevent_get_output(d->bev));
}

void
front_close(struct downstream *d)
{
	struct front *f = d->front;

	if (d->state == DEAD)
		return;
	if (d->state == HEAD)
		front_close_tls(d);	/* between requests: in good order */
	downstream_enter(d, DEAD);
	front_stop_watching(d);
	event_del(&d->next_ev);
	deadline_free(&d->read_timer);
	deadline_free(&d->write_timer);
	http1_chunked_free(&d->chunked);
	front_free_tls(d);
	front_free_inside(d);
	if (d->evcon != NULL) {
		unwatch_memory(d);
		evhttp_connection_free(d->evcon);
	}
	loop_bury(f->loop, &d->grave, free, d);
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
