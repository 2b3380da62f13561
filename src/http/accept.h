/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ACCEPT_H
#define SLUICE_ACCEPT_H

/*
 * What a client would rather have, by its Accept (RFC 9110 12.5.1).
 */

/* How well something is liked: by the range that names it most closely. */
struct accept_liking {
	unsigned	 closeness;	/* 0: by none, 1: all, 2: family, 3 */
	unsigned	 q;		/* thousandths */
};

/*
 * Returns how well whoever sends that Accept ("" for none) likes a media type
 * such as "text/plain".  A range with a version is for that version only.
 */
struct accept_liking accept_like(const char *accept, const char *type,
		    const char *version);

#endif
