/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_BODY_H
#define SLUICE_FRONT_BODY_H

#include <stdbool.h>
#include <stddef.h>

struct downstream;
struct http1_head;

/* What a request's head says of its body. */
void		 front_body_begin(struct downstream *,
		    const struct http1_head *);
/* Returns whether the exchange wants bytes of the body now. */
bool		 front_body_wanted(const struct downstream *);
/* Takes what of n bytes is the body's.  Returns how many were. */
size_t		 front_body_take(struct downstream *, char *, size_t);
/* Takes what waits, and what the socket has, as long as it is wanted. */
void		 front_body_pump(struct downstream *);

#endif
