/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_QUERY_H
#define SLUICE_ADMIN_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "admin/admin_request.h"

/*
 * What a request's query says.  Those that return false have answered 400, and
 * the request is over.
 */

/* Returns a parameter, or NULL. */
const char	*admin_query(const struct admin_request *, const char *name);
/* Sets *value to a number from min to max, or to fallback without one. */
bool		 admin_query_number(struct admin_request *, const char *name,
		    uint64_t fallback, uint64_t min, uint64_t max,
		    uint64_t *value);
/* Sets *value to true or false, or to fallback. */
bool		 admin_query_boolean(struct admin_request *, const char *name,
		    bool fallback, bool *value);
/*
 * Sets *value to which of these words it is, whose list NULL ends, or to
 * fallback.
 */
bool		 admin_query_choice(struct admin_request *, const char *name,
		    const char *const *words, int fallback, int *value);
/* Checks that it has no other parameters than those, a space between two. */
bool		 admin_query_only(struct admin_request *, const char *names);

#endif
