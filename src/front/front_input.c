/* SPDX-License-Identifier: ISC */
#include "front/front_input.h"

#include <unistd.h>

#include "front/downstream.h"
#include "front/front_send.h"

/* What of a client's bytes waits, and when more of them are read. */

size_t
front_input(const struct downstream *d)
{
	return evbuffer_get_length(bufferevent_get_input(d->bev));
}

size_t
front_room(const struct downstream *d)
{
	size_t max = front_conf(d)->limit_head + 1, len = front_input(d);

	if (d->state == BUSY)
		max = memory_piece(front_memory(d), max);
	return len < max ? max - len : 0;
}

void
front_keep_input(struct downstream *d, const char *p, size_t n)
{
	struct evbuffer *input;

	if (n == 0 || d->state == DEAD || d->state == LINGER)
		return;
	input = bufferevent_get_input(d->bev);
	evbuffer_unfreeze(input, 0);
	if (evbuffer_add(input, p, n) == -1)
		front_give_up(d);
	evbuffer_freeze(input, 0);
}

void
front_stop_watching(struct downstream *d)
{
	stream_read(&d->stream, false);
	if (d->close_ev != NULL) {
		event_free(d->close_ev);
		close(d->close_fd);
	}
	d->close_ev = NULL;
}

/*
 * The input is full: nothing is read, but an end should be noticed.  A
 * descriptor of its own, because libevent does not take edge-triggered events
 * beside others on one.
 */
static void
watch_for_close(struct downstream *d)
{
	front_stop_watching(d);
	if ((d->close_fd = dup(d->stream.fd)) == -1)
		return;
	d->close_ev = event_new(d->front->loop->base, d->close_fd,
	    EV_READ | EV_CLOSED | EV_ET | EV_PERSIST,
	    d->front->close_cb, d);
	if (d->close_ev != NULL && event_add(d->close_ev, NULL) == 0)
		return;
	/* its end is noticed later */
	if (d->close_ev != NULL)
		event_free(d->close_ev);
	d->close_ev = NULL;
	close(d->close_fd);
}

void
front_watch(struct downstream *d)
{
	if (d->state == DEAD || d->state == LENT || d->eof ||
	    d->turn_waits.waits)
		return;
	if (front_room(d) == 0) {
		if (d->close_ev == NULL)
			watch_for_close(d);
	} else if (!d->stream.reading) {
		front_stop_watching(d);
		stream_read(&d->stream, true);
		if (d->tls_end != TLS_OK)
			stream_read_again(&d->stream);
	}
}

void
front_hear(struct downstream *d)
{
	d->hearing = d->state == BUSY;
}

const char *
front_heard(struct downstream *d, size_t *n)
{
	*n = front_input(d);
	return (const char *)evbuffer_pullup(bufferevent_get_input(d->bev),
	    -1);
}
