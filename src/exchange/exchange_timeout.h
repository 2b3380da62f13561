/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_TIMEOUT_H
#define SLUICE_EXCHANGE_TIMEOUT_H

/*
 * What happens when an exchange's deadline has passed, phase by phase.
 */

/* The deadlines' callbacks, of an exchange: whoever's turn it is, all of it. */
void	 exchange_timeout(void *);
void	 exchange_overdue(void *);

#endif
