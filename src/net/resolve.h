/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RESOLVE_H
#define SLUICE_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "net/resolve_answer.h"

/*
 * Names to addresses, a thread's.  What is known of a name is remembered for a
 * while (resolve_cache.h); who asks for one that is being looked up
 * (resolve_ares.h) shares that lookup.  There are limits.lookups at a time, of
 * which each client has a share; what is beyond that waits, clients in turn
 * (resolve_share.h).  "localhost" and names below it are the loopback's, and
 * nobody is asked (RFC 6761, 6.3).
 *
 * Nobody tells that the system's settings changed (resolve_system.h): it is
 * looked for when something is asked, and each second as long as an answer is
 * waited for.  Then what is known is forgotten, and what is being asked is asked
 * again, as at a reload.
 */

struct conf;
struct http1_host;
struct loop;
struct resolver;
struct resolve;

typedef void	 resolve_cb(void *arg, enum resolve_result,
		    const struct sockaddr_storage *, size_t n);

/*
 * Keeps the configuration until resolver_reload().  Returns NULL without
 * memory.
 */
struct resolver	*resolver_new(struct loop *, const struct conf *);
void		 resolver_free(struct resolver *);

/*
 * Takes a new configuration in its place: forgets what is known, and asks
 * again, of the servers that are now configured, what is being asked.
 */
void		 resolver_reload(struct resolver *, const struct conf *);

/*
 * Asks for the addresses of a host with a name, each with its port, in the
 * order in which to try them (RFC 6724, families taking turns as RFC 8305
 * asks), for a client (NULL: one without an address).  A name that is absolute
 * is another one than without its dot.  cb is called once, unless the query is
 * cancelled; it must not cancel another one.  Returns NULL when cb was called
 * already.
 */
struct resolve	*resolve_name(struct resolver *, const struct http1_host *,
		    const struct sockaddr *client, resolve_cb *cb, void *arg);
/* NULL is allowed. */
void		 resolve_cancel(struct resolve *);

enum resolve_waited {
	RESOLVE_ASKED,		/* for an answer */
	RESOLVE_QUEUED,		/* for its turn */
};
/*
 * As resolve_cancel(), for one that has waited in vain: where its lookup had a
 * second or more, the name is taken to have no answer for a second.  Returns
 * what it has waited for.
 */
enum resolve_waited resolve_give_up(struct resolve *);

#endif
