/* SPDX-License-Identifier: ISC */
#include "front/downstream.h"

#include "base/bell.h"
#include "front/clients.h"

static bool
is_open(enum downstream_state state)
{
	return state != ATTACHING && state != DEAD;
}

/* A request that lingers may not have reached its client yet. */
static bool
has_request(enum downstream_state state)
{
	return state == BUSY || state == ENDING || state == LENT ||
	    state == LINGER;
}

static void
count_all(struct listeners *ls, int n)
{
	if (atomic_fetch_add(&ls->connections, (size_t)n) + (size_t)n == 0 &&
	    atomic_load(&ls->empty) != -1)
		bell_ring(atomic_load(&ls->empty));
}

/*
 * Strangers, and those beyond a client's share, have no place among
 * limits.connections, only their own few.
 */
static void
count_connection(struct downstream *d, int n)
{
	struct front *f = d->front;

	if (d->stranger) {
		f->nstrangers += (unsigned)n;
	} else if (d->greedy) {
		f->ngreedy += (unsigned)n;
	} else {
		count_all(f->setup.listeners, n);
		if (d->client != NULL)
			atomic_fetch_add(&d->client->connections, (size_t)n);
	}
}

void
downstream_enter(struct downstream *d, enum downstream_state state)
{
	struct front *f = d->front;
	enum downstream_state old = d->state;

	d->state = state;
	if (!is_open(old) && is_open(state)) {
		TAILQ_INSERT_TAIL(&f->all, d, entry);
		count_connection(d, 1);
	} else if (is_open(old) && !is_open(state)) {
		TAILQ_REMOVE(&f->all, d, entry);
		count_connection(d, -1);
	}
	if (!has_request(old) && has_request(state))
		f->setup.began(f->setup.arg);
	else if (has_request(old) && !has_request(state))
		f->setup.ended(f->setup.arg);
}
