/* SPDX-License-Identifier: ISC */
#include "front/front_end.h"

#include <stdlib.h>
#include <string.h>

#include "front/downstream.h"
#include "front/front_close.h"
#include "front/front_input.h"
#include "front/front_inside.h"
#include "net/reset.h"

/* How requests end: with another, with the connection, or in a tunnel. */

#define LINGER_NS	2000000000ULL

/*
 * What was pipelined waits for the loop's next round: whoever sends a thousand
 * requests at once neither nests a thousand calls nor makes others wait.
 */
static void
next_request(struct downstream *d)
{
	static const struct timeval next_round = { 0 };

	http1_chunked_free(&d->chunked);
	memset(&d->scan, 0, sizeof d->scan);
	downstream_enter(d, HEAD);
	deadline_set(&d->read_timer,
	    loop_now() + front_conf(d)->timeout_idle);
	if (d->tls_next != NULL) {
		front_go_secure(d);
		return;
	}
	front_watch(d);
	if (front_input(d) > 0 && event_add(&d->next_ev, &next_round) == -1)
		event_active(&d->next_ev, EV_TIMEOUT, 0);
}

static void
linger(struct downstream *d)
{
	struct evbuffer *input = bufferevent_get_input(d->bev);

	if (!stream_shut(&d->stream) || (d->eof && front_pending(d) == 0)) {
		front_close(d);
		return;
	}
	downstream_enter(d, LINGER);
	evbuffer_drain(input, evbuffer_get_length(input));
	front_watch(d);
	deadline_set(&d->read_timer, loop_now() + LINGER_NS);
}

void
front_finish(struct downstream *d)
{
	if (d->keep && !d->stream.broken && (!d->eof || front_input(d) > 0))
		next_request(d);
	else
		linger(d);
}

void
front_end(struct downstream *d, bool keep)
{
	d->attached = NULL;
	d->hearing = false;
	if (d->state == LENT) {
		front_close(d);
		return;
	}
	if (d->state != BUSY)
		return;
	d->keep = keep && d->body_done && !d->front->draining && !d->barred;
	downstream_enter(d, ENDING);
	deadline_set(&d->read_timer, 0);
	if (front_pending(d) == 0)
		front_finish(d);
}

void
front_abort(struct downstream *d, bool reset)
{
	d->attached = NULL;
	if (d->state == DEAD)
		return;
	/* evhttp would send a FIN before it closes: that may seem an end */
	if (reset)
		reset_connection(d->stream.fd);
	front_close(d);
}

int
front_lend(struct downstream *d, char **early, size_t *n)
{
	struct evbuffer *input = bufferevent_get_input(d->bev);

	if (d->state != BUSY || front_pending(d) > 0 || d->stream.early != NULL)
		return -1;
	d->hearing = false;
	*n = evbuffer_get_length(input);
	*early = NULL;
	if (*n > 0 && (*early = malloc(*n)) == NULL)
		return -1;
	if (*n > 0)
		evbuffer_remove(input, *early, *n);
	front_stop_watching(d);
	deadline_set(&d->read_timer, 0);
	deadline_set(&d->write_timer, 0);
	downstream_enter(d, LENT);
	return d->stream.fd;
}
