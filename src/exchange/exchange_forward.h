/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_FORWARD_H
#define SLUICE_EXCHANGE_FORWARD_H

#include "net/failure.h"

/*
 * A request and its upstream: which connection it goes out on, and what becomes
 * of it when that fails.
 */

struct exchange;

/* Sends the request to an upstream: an idle connection if one will do. */
void	 exchange_forward(struct exchange *);
/*
 * The upstream has failed.  That is not the end where an answer that was held
 * back can be relayed, or the request goes out again.
 */
void	 exchange_forward_failed(struct exchange *, enum failure,
	    const char *why);

#endif
