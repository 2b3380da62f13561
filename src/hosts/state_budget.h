/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STATE_BUDGET_H
#define SLUICE_STATE_BUDGET_H

#include <stdbool.h>

#include "hosts/state_line.h"
#include "throttle/budget_save.h"

/* A budget in a line of the state (state_line.h). */

/* Puts what is known of it; its name was put before. */
void		 state_put_budget(struct text *, const struct budget_saved *);

/* Makes it one of which nothing is known. */
void		 state_budget_begin(struct budget_saved *);

/*
 * Adds what a word says.  Returns false where that is none of a budget, or is
 * impossible; what is not known is of another version, and no error.
 */
bool		 state_budget_word(struct budget_saved *,
		    const struct state_word *);

#endif
