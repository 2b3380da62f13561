/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_START_H
#define SLUICE_EXCHANGE_START_H

/*
 * The beginning of an exchange: what a request's head says decides where it
 * goes.
 */

struct downstream;
struct exchanges;
struct http1_head;

/* A request's head has arrived: one is attached to the downstream. */
void	 exchange_start(struct exchanges *, struct downstream *,
	    const struct http1_head *);

#endif
