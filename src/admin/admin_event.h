/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_EVENT_H
#define SLUICE_ADMIN_EVENT_H

#include <stdbool.h>

#include <jansson.h>

#include "base/events.h"

/*
 * An event as the API has it; NULL without memory.  Who may not see all is told
 * of its rule, and of what kind it is.
 */
json_t		*admin_event_json(const struct event_told *, bool full);

/* Returns whether a search (NULL: for all) finds it, by what is shown of it. */
bool		 admin_event_fits(const struct event_told *, bool full,
		    const char *search);

#endif
