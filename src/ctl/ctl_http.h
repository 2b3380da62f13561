/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CTL_HTTP_H
#define SLUICE_CTL_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "http/http1_str.h"

/*
 * An HTTP/1.1 client over a Unix socket (RFC 9112), for one request on a
 * connection.  It waits, until a deadline at most.
 */

struct ctl_http;

enum ctl_http_result {
	CTL_HTTP_DONE,
	CTL_HTTP_MORE,		/* of a body */
	CTL_HTTP_ABSENT,	/* nobody listens there, or one may not */
	CTL_HTTP_LATE,		/* nothing came until the deadline */
	CTL_HTTP_CUT,		/* the connection ended before the answer did */
	CTL_HTTP_FOREIGN,	/* what came is not HTTP, or is too much */
	CTL_HTTP_BROKEN,	/* out of memory, or of descriptors */
};

#define CTL_HTTP_HEAD	65536		/* bytes of a head, at most */
#define CTL_HTTP_BODY	(64U << 20)	/* bytes of a body that is kept */
#define CTL_HTTP_NEVER	UINT64_MAX	/* no deadline */

/* Returns what CLOCK_MONOTONIC says, in ns. */
uint64_t	 ctl_http_now(void);

/* Returns one that is not connected; NULL without memory. */
struct ctl_http	*ctl_http_new(void);
void		 ctl_http_free(struct ctl_http *);

/*
 * The instant (ns, of ctl_http_now()) until which the calls that follow wait;
 * CTL_HTTP_NEVER at first.
 */
void		 ctl_http_deadline(struct ctl_http *, uint64_t);

/* Connects to the socket of that path.  Returns DONE, or why not. */
enum ctl_http_result ctl_http_connect(struct ctl_http *, const char *path)
		    __attribute__((warn_unused_result));

/*
 * Sends a request, with JSON as its body or NULL, and reads the head of its
 * answer; target is the path with its query.  Returns DONE, or why not.
 */
enum ctl_http_result ctl_http_ask(struct ctl_http *, const char *method,
		    const char *target, const char *json)
		    __attribute__((warn_unused_result));

/* The answer's status, and its Content-Type without parameters, or "". */
int		 ctl_http_status(const struct ctl_http *);
struct http1_str ctl_http_type(const struct ctl_http *);

/*
 * Reads the next piece of the answer's body, which lies in the client until
 * the next call and may be empty.  Returns MORE; DONE behind the last piece;
 * or why not.
 */
enum ctl_http_result ctl_http_piece(struct ctl_http *, struct http1_str *)
		    __attribute__((warn_unused_result));

/* Puts the rest of the body into a text.  Returns DONE, or why not. */
enum ctl_http_result ctl_http_body(struct ctl_http *, struct text *)
		    __attribute__((warn_unused_result));

/* Says in words what went wrong last, such as "Connection refused". */
const char	*ctl_http_error(const struct ctl_http *);

#endif
