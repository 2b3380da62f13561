/* SPDX-License-Identifier: ISC */
#include "front/downstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who the client is, and what is kept for it. */

void
front_attach(struct downstream *d, void *user)
{
	d->attached = user;
}

void *
front_attached(const struct downstream *d)
{
	return d->attached;
}

const char *
front_peer(const struct downstream *d)
{
	struct front *f = d->front;
	const char *address = "?";
	char *host = NULL;
	uint16_t port = 0;

	if (d->is_unix)
		return "unix:";
	evhttp_connection_get_peer(d->evcon, &host, &port);
	if (host != NULL)
		address = host;
	snprintf(f->peer, sizeof f->peer,
	    strchr(address, ':') != NULL ? "[%s]:%u" : "%s:%u", address, port);
	return f->peer;
}

bool
front_excess(const struct downstream *d)
{
	return d->excess;
}

bool
front_is_greedy(const struct downstream *d)
{
	return d->greedy;
}

struct memory_holder *
front_memory(const struct downstream *d)
{
	return d->stream.memory;
}

struct client *
front_client(const struct downstream *d)
{
	return d->client;
}

bool
front_is_local(const struct downstream *d)
{
	return d->is_local;
}

bool
front_is_quiet(const struct downstream *d)
{
	return d->quiet;
}

uint64_t
front_bind(struct downstream *d)
{
	if (d->bound == 0)
		d->bound = ++d->front->nbound;
	return d->bound;
}

uint64_t
front_bound(const struct downstream *d)
{
	return d->bound;
}

bool
front_must_end(const struct downstream *d)
{
	return d->barred || d->front->leaving;
}

bool
front_credentials(const struct downstream *d, struct front_credentials *c)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (!d->is_unix || getsockopt(d->stream.fd, SOL_SOCKET, SO_PEERCRED,
	    &peer, &len) == -1)
		return false;
	c->uid = peer.uid;
	c->pid = peer.pid;
	return true;
}

const struct http1_host *
front_tunnel(const struct downstream *d)
{
	return d->inside;
}

void
front_keep_turn(struct downstream *d, const struct claim_turn *turn)
{
	d->turn = *turn;
}

struct claim_turn
front_take_turn(struct downstream *d)
{
	struct claim_turn turn = d->turn;

	d->turn = (struct claim_turn){ 0 };
	return turn;
}

const struct sockaddr *
front_address(const struct downstream *d)
{
	return d->is_unix ? NULL : evhttp_connection_get_addr(d->evcon);
}

struct client_hash *
front_address_hash(struct downstream *d)
{
	return &d->address_hash;
}

bool
front_set_user(struct downstream *d, const char *name)
{
	char *copy = NULL;

	if (d->user != NULL && name != NULL && strcmp(d->user, name) == 0)
		return true;
	if (name != NULL && (copy = strdup(name)) == NULL)
		return false;
	free(d->user);
	d->user = copy;
	return true;
}

const char *
front_user(const struct downstream *d)
{
	return d->user;
}
