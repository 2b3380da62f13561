/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_BUDGET_H
#define SLUICE_HINT_BUDGET_H

#include "hint/hint_reading.h"

/*
 * Returns the budget that the field is about, of that name (p NULL: that has
 * none).  It is made where there is none yet, and in any case for a quota; NULL
 * when there is no room for another.
 */
struct hint_budget *hint_budget(struct hint_reading *,
		    const struct hint_name *, struct http1_str name);

/* Takes the budget of that index out, and what is known beside it. */
void		 hint_budget_remove(struct hint_reading *, unsigned i);

/*
 * Makes several budgets of one whose fields are lists side by side, such as a
 * limit of "1, 15000", "0, 14000" remaining, until "1, 1419704"; where there is
 * room for all of them.
 */
void		 hint_budget_split(struct hint_reading *, unsigned i);

/* Of what is said twice the more cautious stays: less, later, longer. */
void		 hint_budget_set_limit(struct hint_budget *, uint64_t micro);
void		 hint_budget_set_remaining(struct hint_budget *,
		    uint64_t micro);
void		 hint_budget_set_reset(struct hint_budget *, uint64_t ns);
void		 hint_budget_set_window(struct hint_budget *, uint64_t ns);

/* Keeps the least, or the most, of what value was and will be. */
void		 hint_keep_least(bool *has, uint64_t *value, uint64_t new);
void		 hint_keep_most(bool *has, uint64_t *value, uint64_t new);

#endif
