/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_OPENING_H
#define SLUICE_EXCHANGE_OPENING_H

#include <stdbool.h>
#include <stddef.h>

#include <event2/event_struct.h>

#include "http/http1.h"
#include "http/sniff.h"
#include "throttle/throttle.h"

/*
 * What a CONNECT has until it is known what is in its tunnel.
 */

struct claim_turn;
struct exchange;
struct parent_tunnel;
struct tls;
struct upstream_taken;

struct opening {
	struct exchange		*exchange;
	struct throttle_deposit	 deposit;
	struct sniff		 sniff;		/* of what the client sent */
	char			*user;		/* who asks; or NULL */
	struct tls		*tls;		/* to intercept with; or NULL */
	int			 fd;		/* the upstream's; -1: none */
	struct event		 ev;		/* it speaks, or ends */
	struct parent_tunnel	*way;		/* in place of fd; or NULL */
	bool			 spoken;	/* it has */
	bool			 settled;	/* silent: counts as a tunnel */
	bool			 in_line;	/* a request's, that is late */
};

/*
 * Makes what a CONNECT needs, unless it has it.  Returns false without memory.
 */
bool	 exchange_opening_new(struct exchange *, const struct http1_head *);
/*
 * Lets go of all that it holds.  Where the host was not dialled that gives back
 * what was paid, so it comes before the ticket leaves its host.
 */
void	 exchange_opening_end(struct exchange *);
/* Frees it, when the ticket has left. */
void	 exchange_opening_free(struct exchange *);

/*
 * Takes the way to the host: it is the caller's from now on.  Returns false
 * where there is none.
 */
bool	 exchange_opening_take(struct opening *, struct upstream_taken *);

/*
 * Gives back what it has paid, and its slot, as if it had never been admitted.
 * Where the turn is not NULL it goes to the request that takes its place.
 */
void	 exchange_opening_refund(struct exchange *, struct claim_turn *);

/*
 * Returns whether nothing may go to the host but TLS, and what is inside
 * requests.
 */
bool	 exchange_opening_is_closed(const struct exchange *);

/* Returns whether bytes of the client may pass into the tunnel it became. */
bool	 exchange_opening_may_pass(struct exchange *, const char *, size_t);

#endif
