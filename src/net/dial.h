/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_DIAL_H
#define SLUICE_DIAL_H

#include <stdint.h>

#include "net/failure.h"

/*
 * From a host to a connected socket: resolve, then try its addresses in turn,
 * the next one 250 ms after the last or as soon as that has failed (RFC 8305
 * in its simple form), all within timeouts.connect.  An address that is this
 * proxy itself fails the whole: the address that is checked is the one dialled.
 */

struct conf;
struct dial;
struct http1_host;
struct loop;
struct own;
struct resolver;
struct sockaddr;

/* What a thread dials with; all of it stays its owner's. */
struct dialer {
	struct loop			*loop;
	struct resolver			*resolver;
	struct own			*own;		/* this proxy's */
	const struct conf		*conf;		/* as it is now */
};

/* fd is the caller's, non-blocking; or -1 and why. */
typedef void	 dial_cb(void *arg, int fd, enum failure why);

/*
 * For a client at that address (NULL: it has none), whose share of lookups it
 * takes.  cb is called once, never before this returns; NULL without memory.
 */
struct dial	*dial_start(const struct dialer *,
		    const struct http1_host *,
		    const struct sockaddr *client, dial_cb *, void *arg);
/* Before cb was called; NULL is allowed. */
void		 dial_cancel(struct dial *);

#endif
