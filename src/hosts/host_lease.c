/* SPDX-License-Identifier: ISC */
#include "hosts/host_lease.h"

#include "hosts/store_parting.h"
#include "throttle/throttle_lease.h"
#include "throttle/throttle_store.h"

void
host_leases_init(struct host_leases *l, void (*ring)(void *), void *arg)
{
	int i;

	l->ring = ring;
	l->arg = arg;
	pthread_mutex_init(&l->lock, NULL);
	for (i = 0; i < HOST_LEASES; i++)
		TAILQ_INIT(&l->lists[i]);
	TAILQ_INIT(&l->partings);
}

void
host_leases_destroy(struct host_leases *l)
{
	if (l->ring == NULL)
		return;
	store_parting_free(l);
	pthread_mutex_destroy(&l->lock);
}

struct host *
host_leases_first(struct host_leases *l, enum host_lease state)
{
	struct host *h;

	pthread_mutex_lock(&l->lock);
	h = TAILQ_FIRST(&l->lists[state]);
	pthread_mutex_unlock(&l->lock);
	return h;
}

void
host_lease_put(struct host *h, enum host_lease to)
{
	struct host_leases *l = h->leases;
	bool first;

	if (l == NULL || h->lease == to)
		return;
	pthread_mutex_lock(&l->lock);
	if (h->lease != HOST_LEASE_NONE)
		TAILQ_REMOVE(&l->lists[h->lease], h, lease_entry);
	first = TAILQ_EMPTY(&l->lists[to]);
	if (to != HOST_LEASE_NONE)
		TAILQ_INSERT_TAIL(&l->lists[to], h, lease_entry);
	h->lease = to;
	pthread_mutex_unlock(&l->lock);
	if (first && to == HOST_LEASE_WANTS)
		l->ring(l->arg);
}

void
host_lease_begin(struct host *h, struct host_leases *written,
    struct host_leases *shared, uint64_t now)
{
	bool stored = h->rule->store && shared->ring != NULL;
	struct host_leases *to = stored ? shared : written;

	if (to->ring == NULL)
		to = NULL;
	/* what was had of the other is void; a new one has had nothing */
	if (h->leases != NULL && h->leases != to) {
		host_lease_put(h, HOST_LEASE_NONE);
		if (h->leases == shared) {
			store_parting_add(h, THROTTLE_STORE_SLOTS, false, now);
			store_parting_add(h, THROTTLE_STORE_LEARNED, false,
			    now);
		}
		throttle_store_end(h->throttle);
	}
	h->leases = to;
	if (stored)
		throttle_store(h->throttle);
	else if (to != NULL)
		throttle_lease(h->throttle);
}

void
host_lease_note(struct host *h)
{
	h->lease_noted = true;
	if (h->leases != NULL && h->lease == HOST_LEASE_NONE)
		host_lease_put(h, HOST_LEASE_WANTS);
}

void
host_lease_look(struct host *h, uint64_t now)
{
	if (h->leases != NULL && h->away == NULL &&
	    h->lease == HOST_LEASE_NONE &&
	    throttle_lease_is_low(h->throttle, now))
		host_lease_put(h, HOST_LEASE_WANTS);
}
