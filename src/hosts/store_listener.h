/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_LISTENER_H
#define SLUICE_STORE_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What proxies tell each other by a store, at once: of which budget a pause has
 * been told to it.  A connection of its own hears it, since one that hears can
 * ask nothing.  What is lost on the way comes with the next lease.
 *
 * All nodes of a Redis Cluster tell what is published at any of them.  So where
 * the one that is configured is away, another one is listened to, which has
 * answered questions.
 */

struct dialer;
struct store;
struct store_listener;
struct store_redis;

/*
 * Of which budget, as it is called there; with words about one of its parts
 * behind that, or without (store_part.h).
 */
typedef void	 store_heard_cb(void *owner, const char *said, size_t len);

/*
 * Begins to listen, and goes on after each loss.  Keeps dialer, store, and whom
 * it asks for other servers of that, which stay their owners', as long as it is
 * there.  Calls nobody before it returns.  NULL without memory.
 */
struct store_listener *store_listener_new(const struct dialer *,
		    const struct store *, const struct store_redis *,
		    store_heard_cb *, void *owner);
/* NULL is allowed. */
void		 store_listener_free(struct store_listener *);

#endif
