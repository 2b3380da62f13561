/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_UPSTREAM_H
#define SLUICE_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/*
 * The other side: connections to origins, kept alive between requests; a
 * request out, its response in.  What happens is told to the exchange.
 */

struct exchange;
struct http1_host;
struct http1_str;
struct upstream;
struct worker;

/* What went wrong with an upstream; upstream_failure() tells the rest. */
enum upstream_error {
	UPSTREAM_DNS_ERROR,		/* name not found, SERVFAIL */
	UPSTREAM_DNS_TIMEOUT,
	UPSTREAM_LOOP,			/* it is this proxy */
	UPSTREAM_REFUSED,		/* no address took the connection */
	UPSTREAM_UNREACHABLE,
	UPSTREAM_CONNECT_TIMEOUT,
	UPSTREAM_NO_SOCKET,		/* out of descriptors or ports */
	UPSTREAM_CLOSED,		/* closed or reset before it was done */
	UPSTREAM_MALFORMED,		/* not HTTP, or not as it may be */
	UPSTREAM_TOO_LARGE,		/* its head */
	UPSTREAM_TIMEOUT,		/* no response, or no more of it */
};

/* What the client is told of it. */
struct upstream_failure {
	int		 status;
	const char	*error;		/* RFC 9209 error type */
	const char	*kind;		/* for the access log */
	const char	*detail;
};

const struct upstream_failure *upstream_failure(enum upstream_error);

/*
 * A connection to host (its port set) for an exchange: an idle one unless
 * fresh is set, else a new one.  NULL without memory.  Where upstream_ready()
 * is not true yet, exchange_connected() or exchange_failed() follows.
 */
struct upstream	*upstream_open(struct worker *, const struct http1_host *,
		    struct exchange *, bool fresh);
bool		 upstream_ready(const struct upstream *);

/*
 * A request is about to be sent; its method (which must stay) decides what
 * its response looks like, whose head may have so many bytes.
 */
void		 upstream_begin(struct upstream *, struct http1_str method,
		    size_t max_head);

/* Sends bytes: at once where possible, the rest from a buffer. */
void		 upstream_send(struct upstream *, struct iovec *, int n);
/* Bytes in the buffer; exchange_sendable() follows when they are few again. */
size_t		 upstream_pending(const struct upstream *);

/* Goes on reading after exchange_flush() was false. */
void		 upstream_resume(struct upstream *);

/* It was idle before this request. */
bool		 upstream_reused(const struct upstream *);
/* Sending has failed; what was received before may still be read. */
bool		 upstream_broken(const struct upstream *);
/* No byte of this request has left. */
bool		 upstream_unsent(const struct upstream *);
/* No byte of a response to this request has come. */
bool		 upstream_silent(const struct upstream *);

/* The exchange is done with it: keeps it where it can be used again. */
void		 upstream_release(struct upstream *);
/* Closes it, whatever it is at. */
void		 upstream_close(struct upstream *);

/*
 * Takes the socket for a tunnel, from within exchange_response() of a 101,
 * with the bytes behind the head (valid as the head is).  -1 when the request
 * was not sent whole.  The upstream is gone then.
 */
int		 upstream_take(struct upstream *, const char **rest, size_t *n);

#endif
