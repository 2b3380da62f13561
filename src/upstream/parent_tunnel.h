/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_PARENT_TUNNEL_H
#define SLUICE_PARENT_TUNNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "net/failure.h"

/*
 * A tunnel to a host through a parent, as long as it is not known what it is
 * for: the parent is connected to, with TLS where that is spoken to it, and
 * asked by CONNECT (RFC 9110 9.3.6).  What it answers is read strictly, as a
 * head of the configuration's bounds: interim ones first, then a 2xx, behind
 * which all bytes are the host's; anything else is its refusal.
 */

struct conf;
struct dial_client;
struct dialer;
struct http1_head;
struct parent;
struct parent_tunnel;
struct text;
struct upstream_taken;

struct parent_tunnel_events {
	/* Puts the head that the parent is to be asked with. */
	void	(*ask)(void *, struct text *);
	/* It stands. */
	void	(*open)(void *);
	/* The parent's answer is a refusal; it stays for the call. */
	void	(*refused)(void *, const struct http1_head *);
	/* The parent cannot be reached, or does not answer as it should. */
	void	(*failed)(void *, enum failure, const char *why);
	/* Only after parent_tunnel_listen(): the host speaks, or has ended. */
	void	(*heard)(void *);
};

/*
 * Begins one for a client; the configuration and the parent, which is of it,
 * must stay until it stands.  One of open(),
 * refused() and failed() follows, never before this returns.  NULL without
 * memory.
 */
struct parent_tunnel *parent_tunnel_new(const struct dialer *,
		    const struct conf *, const struct parent *,
		    const struct dial_client *,
		    const struct parent_tunnel_events *, void *user);
/* Ends it, whatever it is at; NULL is allowed. */
void		 parent_tunnel_free(struct parent_tunnel *);

/* The number of the TLS alert behind FAILURE_TLS_ALERT. */
int		 parent_tunnel_alert(const struct parent_tunnel *);

/* What stands: has heard() called once, or at once where it has been heard. */
void		 parent_tunnel_listen(struct parent_tunnel *);
/* Returns whether bytes of the host's have come. */
bool		 parent_tunnel_spoken(const struct parent_tunnel *);
/* Takes the socket out of what stands; the tunnel is gone. */
void		 parent_tunnel_take(struct parent_tunnel *,
		    struct upstream_taken *);

#endif
