/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_DEADLINE_H
#define SLUICE_EXCHANGE_DEADLINE_H

#include "exchange/exchange_state.h"

/*
 * The deadline for whoever is to move next; exchange_timeout.c says what
 * happens when it has passed.
 */

/* Returns whom it waits for. */
enum exchange_turn	 exchange_turn(const struct exchange *);
/* Returns whether we ask for a body, if its host does not in time. */
bool		 exchange_asks(const struct conf *);
/* Sets the deadline for the upstream's next progress. */
void		 exchange_deadline_set(struct exchange *);
/* The same, and a response that has not begun gets its whole time again. */
void		 exchange_deadline_renew(struct exchange *);

/*
 * Has timeouts.exchange begin for one that was admitted, or end; does nothing
 * where that is off.
 */
void		 exchange_deadline_whole(struct exchange *, bool holds);

#endif
