/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_RATELIMIT_H
#define SLUICE_HINT_RATELIMIT_H

#include "hint/hint_reading.h"

/* The fields of the IETF's drafts. */

/* Reads RateLimit, and RateLimit-Policy. */
void		 hint_ratelimit(struct hint_reading *,
		    const struct hint_name *, struct http1_str);
void		 hint_ratelimit_policy(struct hint_reading *,
		    struct http1_str);
/*
 * Finds the least of a list of numbers with parameters: what remains
 * (76;w=21600), or a limit, which may have policies behind it (100, 100;w=60)
 * that are added as quotas.  Returns false when there is no number.
 */
bool		 hint_ratelimit_count(struct hint_reading *, bool quota,
		    struct http1_str, uint64_t *micro);

/* Gives quotas' windows to the budgets that have the same limit. */
void		 hint_ratelimit_merge(struct hint_reading *);

#endif
