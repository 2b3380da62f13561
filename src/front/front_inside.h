/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_INSIDE_H
#define SLUICE_FRONT_INSIDE_H

#include "http/http1.h"

struct downstream;

/*
 * Makes a request inside a tunnel one to its host.  0, or the status to refuse
 * it with: *why says why, as it does already where that is err.
 */
int		 front_place_inside(const struct downstream *,
		    struct http1_head *, enum http1_error, const char **why);
/* After a response that front_inside() was called for, with TLS. */
void		 front_go_secure(struct downstream *);
void		 front_free_inside(struct downstream *);

#endif
