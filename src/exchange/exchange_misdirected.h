/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_MISDIRECTED_H
#define SLUICE_EXCHANGE_MISDIRECTED_H

#include <stdbool.h>

/*
 * Requests inside a tunnel that are for another host than that goes to: which
 * of them may go through, and which are answered with 421 (Misdirected
 * Request).
 */

struct exchange;

/* Returns whether it is inside a tunnel that goes to another host. */
bool	 exchange_misdirected(const struct exchange *);

/*
 * Returns whether such a one may go on, counted for the host that its ticket
 * and it then have: its own, or the tunnel's.
 */
bool	 exchange_misdirected_may_go(struct exchange *);

#endif
