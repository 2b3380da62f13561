/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_DIAL_H
#define SLUICE_DIAL_H

#include <stdbool.h>

#include "net/failure.h"

/*
 * From a host to a connected socket: resolve, then try its addresses in turn,
 * the next one 250 ms after the last or as soon as that has failed (RFC 8305
 * in its simple form), all within timeouts.connect.  Each address is judged
 * when it is about to be tried (permit.h): the one that is judged is the one
 * that is dialled.  Those that are denied are left out; if none of the
 * others connects, that is why it fails.
 */

struct dial;
struct dialer;
struct http1_host;
struct sockaddr;

/* For whom. */
struct dial_client {
	const struct sockaddr	*address;	/* NULL: it has none */
	bool			 stranger;	/* not on this machine */
	/* The host is a parent, not what it has asked for: see permit.h. */
	bool			 to_parent;
};

struct dialled {
	int			 fd;	/* the caller's, non-blocking; or -1 */
	enum failure		 why;	/* ... and why there is none */
	const char		*detail; /* of that, during the call */
};
typedef void	 dial_cb(void *arg, const struct dialled *);

/*
 * For a client, whose share of lookups it takes.  cb is called once, never
 * before this returns; NULL without memory.
 */
struct dial	*dial_start(const struct dialer *,
		    const struct http1_host *, const struct dial_client *,
		    dial_cb *, void *arg);
/* Before cb was called; NULL is allowed. */
void		 dial_cancel(struct dial *);

#endif
