/* SPDX-License-Identifier: ISC */
#include "front/front_gate.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/once.h"
#include "base/stats.h"
#include "front/downstream.h"
#include "front/front_close.h"
#include "net/own.h"
#include "net/peer_user.h"

#define STRANGERS	64	/* of a thread, that wait to be told */

static bool
has_right_address(const struct downstream *d, const struct conf *conf)
{
	const struct conf_networks *clients = &conf->access_clients;
	struct network address;

	return network_of(&address, front_address(d)) &&
	    networks_have(clients->list, clients->n, &address);
}

/*
 * Whether the process at the other end is one of our own user's; -1: its socket
 * is a tunnel's, which goes on until it closes.
 */
static bool
has_right_user(const struct downstream *d, int fd, const struct conf *conf)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof own;
	uid_t user;

	return !conf->access_same_user || fd == -1 ||
	    (getsockname(fd, (struct sockaddr *)&own, &len) == 0 &&
	    peer_user(front_address(d), (struct sockaddr *)&own, &user) &&
	    user == geteuid());
}

/* The permissions of its file say who may use a Unix socket. */
static bool
is_let_in(const struct downstream *d, int fd, const struct conf *conf)
{
	return d->front->setup.service != FRONT_PROXY || d->is_unix ||
	    (has_right_address(d, conf) && has_right_user(d, fd, conf));
}

/* Its neighbours have the same name in the log. */
static void
tell(struct downstream *d)
{
	struct network network;
	char buf[NETWORK_TEXT];

	if (!network_of(&network, front_address(d)))
		return;
	if (has_right_address(d, front_conf(d))) {
		d->quiet = !once_a_minute(&network, sizeof network,
		    loop_now());
		if (!d->quiet)
			log_info("access.same_user: %s is not let in (none "
			    "of another user is told of for a minute)",
			    front_peer(d));
		return;
	}
	network_cut(&network, network.family == AF_INET ? 24 : 64);
	d->quiet = !once_a_minute(&network, sizeof network, loop_now());
	if (!d->quiet)
		log_info("access.clients: %s is not let in (no other client "
		    "of %s is told of for a minute)", front_peer(d),
		    network_text(buf, &network));
}

void
front_gate_look(struct downstream *d, int fd)
{
	d->is_local = d->is_unix || own_address(d->front->setup.own,
	    front_address(d));
	d->stranger = !is_let_in(d, fd, front_conf(d));
	if (d->stranger)
		tell(d);
}

bool
front_gate_hears(const struct downstream *d)
{
	struct stats_block *counts;

	if (d->listener->tls == NULL && d->front->nstrangers <= STRANGERS)
		return true;
	counts = stats_of(d->front->loop->stats, STATS_DEFAULT);
	stats_add(&counts->requests[STATS_REFUSED], 1);
	stats_add(&counts->refusals[STATS_ACCESS_CLIENT], 1);
	return false;
}

int
front_gate_refusal(const struct downstream *d, const char **why)
{
	if (!d->stranger)
		return 0;
	*why = has_right_address(d, front_conf(d)) ?
	    "access.same_user lets no process of another user in" :
	    "access.clients does not let this address in";
	return 403;
}

static bool
are_same(const struct conf_networks *a, const struct conf_networks *b)
{
	return a->n == b->n && (a->n == 0 ||
	    memcmp(a->list, b->list, a->n * sizeof *a->list) == 0);
}

/* Nobody was asked who he is before a tunnel that he is inside of now. */
static bool
is_unasked(const struct downstream *d, const struct conf *conf)
{
	return d->inside != NULL && conf->access_users != NULL &&
	    front_conf(d)->access_users == NULL;
}

void
front_gate_reload(struct front *f, const struct conf *conf)
{
	struct downstream *d, *next;

	if (are_same(&f->conf->access_clients, &conf->access_clients) &&
	    f->conf->access_same_user == conf->access_same_user &&
	    (f->conf->access_users == NULL) == (conf->access_users == NULL))
		return;
	TAILQ_FOREACH_SAFE(d, &f->all, entry, next) {
		d->barred = !is_let_in(d, d->stream.fd, conf) ||
		    is_unasked(d, conf);
		if (conf->access_users == NULL && d->inside == NULL)
			(void)front_set_user(d, NULL);
		if (d->barred && d->state == HEAD && d->scan.seen == 0)
			front_close(d);
	}
}
