/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TUNNEL_H
#define SLUICE_TUNNEL_H

#include <stddef.h>

/*
 * Two sockets joined: what comes from one goes to the other, with back-pressure
 * both ways and each side's half-close passed on.  An idle one costs no
 * buffer.
 */

struct exchange;
struct tunnel;
struct worker;

/* Bytes that wait for a socket when the tunnel begins. */
struct tunnel_start {
	int		 fd;
	const char	*first;		/* to be sent to fd; copied */
	size_t		 len;
};

/*
 * Joins client and upstream; the upstream's socket becomes the tunnel's, the
 * client's stays its lender's.  exchange_tunnel_ended() follows, never before
 * this returns.  NULL without memory (the sockets are as before).
 */
struct tunnel	*tunnel_new(struct worker *, struct exchange *,
		    const struct tunnel_start *client,
		    const struct tunnel_start *upstream);
/* Ends it without a word to the exchange. */
void		 tunnel_free(struct tunnel *);

#endif
