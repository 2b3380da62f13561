/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_BODY_H
#define SLUICE_ADMIN_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include "admin/admin_request.h"

/*
 * Bodies of requests, and their members.  Those that return false have answered
 * 400 or 422, and the request is over.
 */

/*
 * Has JSON get its memory where its lack is noticed: it tells of that as of a
 * wrong body.  Before all else of the control plane.
 */
void		 admin_body_init(void);

/*
 * Parses what was received into the body: an object with no other members than
 * these, a space between two names.  Nothing that was received is an empty one.
 */
bool		 admin_body_parse(struct admin_request *, const char *names);

/*
 * Sets *value to a member: a text of one line of at most max bytes (a pointer
 * into the body; without it ""), a duration (ns), a whole number, cost units
 * (micro units), which of the words, whose list NULL ends.  Without the member
 * *value stays as it is, and that is false where it is required.  has may be
 * NULL.
 */
bool		 admin_body_text(struct admin_request *, const char *name,
		    size_t max, const char **value);
bool		 admin_body_duration(struct admin_request *, const char *name,
		    bool required, uint64_t min, uint64_t max, uint64_t *value);
bool		 admin_body_integer(struct admin_request *, const char *name,
		    uint64_t min, uint64_t max, bool *has, uint64_t *value);
bool		 admin_body_units(struct admin_request *, const char *name,
		    uint64_t min, uint64_t max, bool *has, uint64_t *value);
bool		 admin_body_choice(struct admin_request *, const char *name,
		    bool required, const char *const *words, int *value);

/* The reason for a change: of one line, up to 200 bytes; without it "". */
bool		 admin_body_reason(struct admin_request *, const char **value);

#endif
