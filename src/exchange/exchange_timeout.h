/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_TIMEOUT_H
#define SLUICE_EXCHANGE_TIMEOUT_H

/*
 * What happens when an exchange's deadline has passed, phase by phase.
 */

/* The deadline's callback; of an exchange. */
void	 exchange_timeout(void *);

#endif
