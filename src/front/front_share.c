/* SPDX-License-Identifier: ISC */
#include "front/front_share.h"

#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/once.h"
#include "base/share.h"
#include "base/stats.h"
#include "front/clients.h"
#include "front/downstream.h"

#define GREEDY	64	/* of a thread, that wait to be told */

/* Who has opened it; nobody (-1) where that is not known. */
static uid_t
uid_of(const struct downstream *d)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (getsockopt(bufferevent_getfd(d->bev), SOL_SOCKET, SO_PEERCRED,
	    &peer, &len) == -1)
		return (uid_t)-1;
	return peer.uid;
}

/* Once a minute for each client: whoever does it, does it fast. */
static void
tell(const struct downstream *d)
{
	if (once_a_minute(&d->client->key, sizeof d->client->key, loop_now()))
		log_warn("access.share: %s has its share of "
		    "limits.connections (%llu), and gets no more (told once "
		    "a minute)", front_peer(d),
		    (unsigned long long)front_conf(d)->limit_connections);
}

/* With one more than it has now. */
static bool
is_greedy(const struct downstream *d)
{
	const struct conf *conf = front_conf(d);
	size_t own = atomic_load(&d->client->connections) + 1;
	size_t all = atomic_load(&d->front->setup.listeners->connections) + 1;

	return conf->access_share != SHARE_OFF && own > share_most(
	    conf->access_share, conf->limit_connections, all, own);
}

bool
front_share_join(struct downstream *d)
{
	struct clients *all = d->front->setup.clients;
	struct client_key key;

	if (all == NULL || d->stranger)
		return true;
	key = d->is_unix ? client_of_uid(uid_of(d)) :
	    client_of_address(front_address(d));
	if ((d->client = clients_ref(all, &key)) == NULL)
		return false;
	d->greedy = is_greedy(d);
	if (d->greedy)
		tell(d);
	return true;
}

void
front_share_leave(struct downstream *d)
{
	struct clients *all = d->front->setup.clients;

	if (d->client != NULL)
		clients_unref(all, d->client, loop_now());
	if (d->user_client != NULL)
		clients_unref(all, d->user_client, loop_now());
	d->client = d->user_client = NULL;
}

struct client *
front_user_client(struct downstream *d, const struct client_hash *name)
{
	struct clients *all = d->front->setup.clients;
	struct client_key key = client_of_user(name);
	struct client *before = d->user_client;

	if (before != NULL && memcmp(&before->key, &key, sizeof key) == 0)
		return before;
	d->user_client = clients_ref(all, &key);
	if (before != NULL)
		clients_unref(all, before, loop_now());
	return d->user_client;
}

bool
front_share_hears(const struct downstream *d)
{
	struct stats_block *counts;

	if (d->listener->tls == NULL && d->front->ngreedy <= GREEDY)
		return true;
	counts = stats_of(d->front->loop->stats, STATS_DEFAULT);
	stats_add(&counts->requests[STATS_REFUSED], 1);
	stats_add(&counts->refusals[STATS_CLIENT_SHARE], 1);
	return false;
}
