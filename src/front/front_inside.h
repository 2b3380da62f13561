/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_INSIDE_H
#define SLUICE_FRONT_INSIDE_H

#include "http/http1.h"

struct downstream;

/*
 * Makes a request inside a tunnel one to its host.  Returns 0, or the status to
 * refuse it with: *why says why, as it does already where that is err.
 */
int		 front_place_inside(const struct downstream *,
		    struct http1_head *, enum http1_error, const char **why);
/*
 * Begins the TLS that front_inside() was given, with what was received behind
 * the CONNECT.
 */
void		 front_go_secure(struct downstream *);
void		 front_free_inside(struct downstream *);

#endif
