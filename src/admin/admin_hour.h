/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_HOUR_H
#define SLUICE_ADMIN_HOUR_H

#include <stdint.h>

/* How many requests were refused for a limit in the last hour. */

struct admin_hour;
struct loop;

/* Begins now; NULL without memory. */
struct admin_hour *admin_hour_new(struct loop *);
void		 admin_hour_free(struct admin_hour *);

/* Returns how many of those that were refused so far came in that hour. */
uint64_t	 admin_hour_refused(const struct admin_hour *,
		    uint64_t refused);

#endif
