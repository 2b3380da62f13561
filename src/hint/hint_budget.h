/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_BUDGET_H
#define SLUICE_HINT_BUDGET_H

#include "hint/hint_reading.h"

/*
 * The budget that the field is about, of that name (p NULL: that has none),
 * made if it is not there, and in any case for a quota; NULL where no further
 * one has room.
 */
struct hint_budget *hint_budget(struct hint_reading *,
		    const struct hint_name *, struct http1_str name);
void		 hint_budget_remove(struct hint_reading *, unsigned i);
/* Of what is said twice the more cautious: less, later, longer. */
void		 hint_budget_set_limit(struct hint_budget *, uint64_t micro);
void		 hint_budget_set_remaining(struct hint_budget *, uint64_t micro);
void		 hint_budget_set_reset(struct hint_budget *, uint64_t ns);
void		 hint_budget_set_window(struct hint_budget *, uint64_t ns);

void		 hint_keep_least(bool *has, uint64_t *value, uint64_t new);
void		 hint_keep_most(bool *has, uint64_t *value, uint64_t new);

#endif
