/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_VIA_H
#define SLUICE_VIA_H

#include <stdbool.h>

/*
 * What this instance is called in Via (RFC 9110 7.6.3), by which it knows its
 * own requests when they come back.  Another one has another name, so that two
 * on one way are no loop.
 */

struct conf;
struct http1_head;

/*
 * Makes the name that holds where none is configured.  Returns false without
 * randomness.
 */
bool		 via_init(void);

#define VIA_OWN	(sizeof "sluice-" + 8)	/* bytes of such a name */

/* Tells that name, or sets that of the process before, before it is used. */
void		 via_own(char name[VIA_OWN]);
void		 via_set_own(const char *name);

/*
 * Returns the name, which stays as long as the configuration; NULL where no Via
 * is sent.
 */
const char	*via_name(const struct conf *);

/*
 * Returns whether a request's Via names this proxy, by that name; never where
 * that is NULL.
 */
bool		 via_is_loop(const struct http1_head *, const char *name);

#endif
