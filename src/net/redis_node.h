/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REDIS_NODE_H
#define SLUICE_REDIS_NODE_H

#include "net/redis_sentinel.h"

/*
 * A server of Redis that is to be connected to at all times: the connection is
 * made anew after each loss, later each time it fails, and at different times
 * by different processes.
 */

struct redis_node;

struct redis_node_events {
	/* Commands may go, from now on. */
	void	(*up)(void *owner, struct redis_node *);
	/*
	 * They may not any more, or a connection could not be made: so often
	 * by now, since it was up.
	 */
	void	(*down)(void *owner, struct redis_node *, const char *why,
		    unsigned times);
	/* Something that was subscribed to; NULL: nothing is. */
	void	(*told)(void *owner, const struct redis_reply *);
};

/*
 * One at an address, or, where there are sentinels, wherever they say at that
 * time: host is NULL then.  Both setups stay their owner's.  Nothing is told
 * before this returns.  NULL without memory.
 */
struct redis_node *redis_node_new(const struct redis_setup *,
		    const struct http1_host *host, struct redis_sentinels *,
		    const struct redis_node_events *, void *owner);
/* NULL is allowed. */
void		 redis_node_free(struct redis_node *);

bool		 redis_node_is_up(const struct redis_node *);
/* Returns where it is; of no use where that was never known. */
const struct http1_host *redis_node_host(const struct redis_node *);
/* Returns the server's run id, while it is up. */
const char	*redis_node_run(const struct redis_node *);

/* As redis_send(). */
bool		 redis_node_send(struct redis_node *, int nwords,
		    const char *const *words, const size_t *lengths,
		    redis_cb *cb, void *arg) __attribute__((warn_unused_result));

#endif
