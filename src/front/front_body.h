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
/* The exchange wants body bytes now. */
bool		 front_body_wanted(const struct downstream *);
/* Takes what of these bytes is the body's; returns how many. */
size_t		 front_body_take(struct downstream *, const char *, size_t);
/* Goes on with what is there already. */
void		 front_body_pump(struct downstream *);

#endif
