/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_UPSTREAM_H
#define SLUICE_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "http/http1.h"
#include "upstream/upstream_events.h"
#include "upstream/upstream_taken.h"
#include "upstream/upstream_target.h"

/*
 * The other side: connections to origins, kept alive between requests; a
 * request out, its response in.  What happens is told by events.
 */

struct conf;
struct rule;
struct tls;
struct dialer;
struct loop;
struct memory_holder;
struct parent;
struct upstream;
struct upstreams;		/* those of one thread */

/*
 * Connections of a thread, which are dialled and kept by a configuration that
 * stays until upstreams_reload().  Returns NULL without memory.
 */
struct upstreams *upstreams_new(struct loop *, const struct dialer *,
		    const struct conf *);
void		 upstreams_reload(struct upstreams *, const struct conf *);
/* From now on none is kept idle. */
void		 upstreams_drain(struct upstreams *);
/* Closes those that are idle; no request has one any more. */
void		 upstreams_free(struct upstreams *);

/* Which idle connection will do. */
enum upstream_idle {
	UPSTREAM_ANY,		/* one that can be trusted */
	UPSTREAM_YOUNG,		/* and has only just become idle */
	UPSTREAM_NONE,
};

/*
 * A connection for a request: an idle one if one will do, else a new
 * one.  NULL without memory.  Where upstream_ready() is not true yet,
 * connected() or failed() follows.
 */
struct upstream	*upstream_open(struct upstreams *,
		    const struct upstream_target *, enum upstream_idle,
		    const struct upstream_events *, void *user);
bool		 upstream_ready(const struct upstream *);

/*
 * A request is about to be sent; its method (which must stay) decides what
 * its response looks like, whose head the configuration bounds.  What waits of
 * it is counted for the holder, until the connection is released.
 */
void		 upstream_begin(struct upstream *, struct http1_str method,
		    struct memory_holder *, const struct conf *);

/* Sends bytes: at once where possible, the rest from a buffer. */
void		 upstream_send(struct upstream *, struct iovec *, int n);
/* Bytes in the buffer; sendable() follows when they are few again. */
size_t		 upstream_pending(const struct upstream *);

/*
 * From now on, until the next request, whether little is read at a time, and
 * then it is others' turn: what comes takes long to be looked at.
 */
void		 upstream_read_little(struct upstream *, bool);
/* Goes on reading after flush() was false. */
void		 upstream_resume(struct upstream *);

/* It was idle before this request. */
bool		 upstream_reused(const struct upstream *);
/* Sending has failed; what was received before may still be read. */
bool		 upstream_broken(const struct upstream *);
/* No byte of this request has left. */
bool		 upstream_unsent(const struct upstream *);
/* No byte of a response to this request has come. */
bool		 upstream_silent(const struct upstream *);
/* An interim response to this request has come. */
bool		 upstream_has_begun(const struct upstream *);
/*
 * The host, which has ended the connection, had received all that was sent of this
 * request: it has read that, or it would have reset it (RFC 2525 2.17).  But one
 * that ends its side only, and reads on, may not have heeded it.  To be asked in
 * failed().
 */
bool		 upstream_was_read(const struct upstream *);

/* The number of the TLS alert behind FAILURE_TLS_ALERT. */
int		 upstream_alert(const struct upstream *);
/* What has failed was between us and the parent. */
bool		 upstream_at_parent(const struct upstream *);

/*
 * A connection without TLS to the host that is made already, through a parent's
 * tunnel or with NULL directly; for a stranger or for a client on this machine,
 * then for whoever of those comes first.
 */
void		 upstream_adopt(struct upstreams *, const struct http1_host *,
		    const struct parent *, bool stranger,
		    struct upstream_taken *);

/*
 * From now on only who asks as that owner (not 0) may use the connection: its
 * host takes all that comes over it for his.  To be told in response().
 */
void		 upstream_bind(struct upstream *, uint64_t owner);
/* That owner is gone: closes the idle ones that nobody else may use. */
void		 upstreams_part(struct upstreams *, uint64_t owner);

/* The request is done with it: keeps it where it can be used again. */
void		 upstream_release(struct upstream *);
/* Closes it, whatever it is at. */
void		 upstream_close(struct upstream *);

/*
 * Takes the socket for a tunnel, from within response() of a 101, with the
 * bytes behind the head.  False when the request was not sent whole; else the
 * upstream is gone.
 */
bool		 upstream_take(struct upstream *, struct upstream_taken *);

#endif
