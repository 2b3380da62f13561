/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_CONNECT_H
#define SLUICE_EXCHANGE_CONNECT_H

#include "exchange/exchange_state.h"

/*
 * A CONNECT: its host is dialled, it is answered with 200, and whoever speaks
 * first decides what it becomes.
 */

/*
 * Connects to the target of a CONNECT, and opens it, or joins the sockets where
 * it is open.
 */
void	 exchange_connect(struct exchange *);
/*
 * Answers a CONNECT with 200; its socket to the host, or -1 where that is not
 * dialled before the client has spoken.
 */
void	 exchange_connect_open(struct exchange *, int fd);
/* The same, to take the host's place if the client speaks TLS. */
void	 exchange_connect_intercept(struct exchange *);
/* The time that somebody had to speak in is over. */
void	 exchange_connect_late(struct exchange *);
/* The client will send no more. */
void	 exchange_connect_half_closed(struct exchange *);
/* The client has sent something, or taken what was sent to it. */
void	 exchange_connect_heard(struct exchange *);

#endif
