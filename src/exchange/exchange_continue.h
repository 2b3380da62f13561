/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_CONTINUE_H
#define SLUICE_EXCHANGE_CONTINUE_H

struct exchange;

/*
 * Sends a 100 (Continue) of our own: whoever waits for one goes on with the
 * body, and does not get the host's, too.
 */
void	 exchange_continue(struct exchange *);

#endif
