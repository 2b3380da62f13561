/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_TUNNEL_H
#define SLUICE_EXCHANGE_TUNNEL_H

/*
 * Tunnels: of a CONNECT, once it is known that it is one, and of an Upgrade
 * after its 101.
 */

struct exchange;
struct text;
struct tunnel_side;
struct upstream_taken;

/* Joins the client of a CONNECT that is open with that socket, now its own. */
void	 exchange_tunnel_join(struct exchange *, const struct upstream_taken *);
/*
 * Joins the client with the upstream's side, which becomes the tunnel's; head
 * is what the client is to see first.
 */
void	 exchange_tunnel_start(struct exchange *, struct tunnel_side *upstream,
	    const struct text *head);
/* The tunnel stands: that is a success, and what it has paid is spent. */
void	 exchange_tunnel_stands(struct exchange *);
/* It has ended, or was cut off: why says how. */
void	 exchange_tunnel_ended(struct exchange *, const char *why);

#endif
