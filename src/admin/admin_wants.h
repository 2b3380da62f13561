/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_WANTS_H
#define SLUICE_ADMIN_WANTS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

struct http1_head;
struct rule;
struct throttle_wants;

/* What a request that is explained takes of its rule's named budgets. */

/*
 * Sets *made to that (NULL: nothing), which is the caller's to free, as
 * exchange_meter_ask() has it but for what was learned; of a body of so many
 * bytes (NULL: none is known).  Returns false without memory.
 */
bool		 admin_wants_make(const struct rule *,
		    const struct http1_head *, const char *body, size_t,
		    struct throttle_wants **made);

/*
 * Adds it to an explanation (admin_explanation.h), whose reference it takes;
 * where it is more than there ever is, that decides.  Of those of which less may
 * be taken, by what was learned, it has the names.  Returns the explanation;
 * NULL without memory, or for NULL.
 */
json_t		*admin_wants_value(const struct rule *,
		    const struct throttle_wants *, json_t *);

#endif
