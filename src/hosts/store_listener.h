/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_LISTENER_H
#define SLUICE_STORE_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What proxies tell each other by a store, at once: of which budget a pause has
 * been told to it.  A connection of its own hears it, since one that hears can
 * ask nothing.  What is lost on the way comes with the next lease.
 */

struct dialer;
struct store;
struct store_listener;

#define STORE_CHANNEL	128	/* bytes of its name */

/* Fills in the name of the channel of a namespace. */
void		 store_channel(char channel[STORE_CHANNEL], const char *space);

/* Of which budget, as it is called there. */
typedef void	 store_heard_cb(void *owner, const char *budget, size_t len);

/*
 * Begins to listen, and goes on after each loss.  Keeps dialer and store, which
 * stay their owners', as long as it is there.  Calls nobody before it returns.
 * NULL without memory.
 */
struct store_listener *store_listener_new(const struct dialer *,
		    const struct store *, store_heard_cb *, void *owner);
/* NULL is allowed. */
void		 store_listener_free(struct store_listener *);

#endif
