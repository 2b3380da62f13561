/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_VERDICT_H
#define SLUICE_HINT_VERDICT_H

#include "hint/hint_reading.h"

/*
 * Finishes the hint: which budgets count, whether the response was a refusal,
 * for how long to pause, and whom that holds.
 */
void	 hint_verdict(struct hint_reading *);

#endif
