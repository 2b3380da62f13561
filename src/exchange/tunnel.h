/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TUNNEL_H
#define SLUICE_TUNNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Two sockets joined, either with TLS on it: what comes from one goes to the
 * other, with back-pressure both ways and each side's half-close passed on.  An
 * idle one costs no buffer.
 */

struct conf;
struct tls;
struct loop;
struct memory_holder;
struct tunnel;

struct tunnel_events {
	/* Both directions have ended, or one was cut off: why says how. */
	void	(*ended)(void *, const char *why);
	/* Returns whether bytes of the client may pass. */
	bool	(*may_pass)(void *, const char *, size_t);
	/* So many bytes have passed, from the client and to it. */
	void	(*passed)(void *, size_t in, size_t out);
};

struct tunnel_side {
	int		 fd;
	struct tls	*tls;		/* or NULL */
	struct tls	*tls_below;	/* that it runs inside; or NULL */
	/* what it is to be sent first; copied */
	const char	*first;
	size_t		 len;
};

/*
 * Joins client and upstream, for as long as something moves within idle (ns);
 * once a side has ended, within the configuration's timeouts.idle.
 * What waits is counted for the holder.
 * The upstream's socket and TLS become the tunnel's, the client's stay their
 * lender's.  ended() follows, never before this returns.  Returns NULL without
 * memory (the sockets are as before).
 */
struct tunnel	*tunnel_new(struct loop *, struct memory_holder *,
		    const struct tunnel_events *, void *user,
		    const struct tunnel_side *client,
		    const struct tunnel_side *upstream,
		    const struct conf *, uint64_t idle);
/* Ends it without a word. */
void		 tunnel_free(struct tunnel *);

#endif
