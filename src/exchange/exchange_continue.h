/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_CONTINUE_H
#define SLUICE_EXCHANGE_CONTINUE_H

#include <stdbool.h>

struct exchange;

/*
 * Sends a 100 (Continue) of our own: whoever waits for one goes on with the
 * body, and does not get the host's, too.
 */
void	 exchange_continue(struct exchange *);

/*
 * Asks a client that has ended its side before its turn has come whether it is
 * still there: if it is gone, its end is told (front_events) once it is known.
 * Returns false where it cannot be asked, or has yet to send something.
 */
bool	 exchange_ask_client(struct exchange *);

#endif
