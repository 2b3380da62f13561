/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TUNNEL_H
#define SLUICE_TUNNEL_H

#include <stddef.h>
#include <stdint.h>

/*
 * Two sockets joined, either with TLS on it: what comes from one goes to the
 * other, with back-pressure both ways and each side's half-close passed on.  An
 * idle one costs no buffer.
 */

struct conf;
struct exchange;
struct tls;
struct loop;
struct tunnel;

struct tunnel_side {
	int		 fd;
	struct tls	*tls;		/* or NULL */
	/* what it is to be sent first; copied */
	const char	*first;
	size_t		 len;
};

/*
 * Joins client and upstream, for as long as something moves within idle (ns);
 * once a side has ended, within the configuration's timeouts.idle.
 * The upstream's socket and TLS become the tunnel's, the client's stay their
 * lender's.  exchange_tunnel_ended() follows, never before this returns.  NULL
 * without memory (the sockets are as before).
 */
struct tunnel	*tunnel_new(struct loop *, struct exchange *,
		    const struct tunnel_side *client,
		    const struct tunnel_side *upstream,
		    const struct conf *, uint64_t idle);
/* Ends it without a word to the exchange. */
void		 tunnel_free(struct tunnel *);

#endif
