/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_UPGRADE_H
#define SLUICE_EXCHANGE_UPGRADE_H

#include <stdbool.h>

/*
 * A response 101: the request's connection becomes a tunnel.
 */

struct exchange;
struct http1_head;

/*
 * Joins the sockets after a 101.  Returns false, and has done nothing, when it
 * comes before all of the request was sent.
 */
bool	 exchange_upgrade(struct exchange *, const struct http1_head *);

#endif
