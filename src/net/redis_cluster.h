/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REDIS_CLUSTER_H
#define SLUICE_REDIS_CLUSTER_H

#include <stdbool.h>

#include "net/redis_node.h"

/*
 * The servers of a store: one, or the nodes of a Redis Cluster that are heard
 * of as keys are asked for.  Keys are told apart by a tag, which they have in
 * their names, so that all keys of a tag are at one node.
 */

#define REDIS_TAGS	64
#define REDIS_NODES	64	/* at a time */

struct redis_cluster;
struct redis_reply;
struct store;

struct redis_cluster_events {
	/* Some node is up, after there was none. */
	void	(*up)(void *owner);
	/* None is, after there was one; or the first cannot be reached. */
	void	(*down)(void *owner, const char *why);
	/* What may have waited for a node goes to it now. */
	void	(*ready)(void *owner, struct redis_node *);
	/* It is none any more. */
	void	(*gone)(void *owner, struct redis_node *);
};

/* Fills in how a store's servers are connected to, and who knows where. */
void		 redis_cluster_setup(struct redis_setup *,
		    struct redis_sentinels *, const struct dialer *,
		    const struct store *);

/*
 * Keeps dialer and store, which stay their owners'.  Nothing is told before
 * this returns.  NULL without memory.
 */
struct redis_cluster *redis_cluster_new(const struct dialer *,
		    const struct store *, const struct redis_cluster_events *,
		    void *owner);
/* NULL is allowed. */
void		 redis_cluster_free(struct redis_cluster *);

/*
 * Returns the node to be asked for keys of a tag: where they are, or one that
 * knows.  NULL: none is up.
 */
struct redis_node *redis_cluster_node(struct redis_cluster *, unsigned tag);

/*
 * Says where a node is that is up, but for one at that place.  Returns false
 * where there is none.
 */
bool		 redis_cluster_other(const struct redis_cluster *,
		    const struct http1_host *but, struct http1_host *other);

/*
 * Returns the node at which an answer says that keys of a tag are, which may
 * not be up yet; NULL where it does not say so, or without room.  *once is set
 * where only this question belongs there, behind ASKING.
 */
struct redis_node *redis_cluster_moved(struct redis_cluster *, unsigned tag,
		    const struct redis_node *asked, const struct redis_reply *,
		    bool *once);

#endif
