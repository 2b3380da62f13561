/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RELAY_HEAD_H
#define SLUICE_RELAY_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Heads as they are sent on: fields in their order and letter case, without
 * what was meant for one connection only; framing always made anew (RFC 9112
 * 6, RFC 9110 7.6).  Pure: bytes in, bytes out.
 */

struct http1_head;
struct http1_host;
struct relay_inside;
struct text;

struct relay_request {
	/* the answer: in codings we know, where the client takes any */
	bool		 readable;
	bool		 plain;		/* ... in none */
	int		 more;		/* bytes of the body than came */
	uint16_t	 port;		/* of the origin */
	bool		 tls;		/* to it */
	const char	*via;		/* our name; or NULL */
	const char	*offer;		/* what to upgrade to; or NULL */
};

/* The request's head for the origin.  Its method is at the beginning. */
void	 relay_request(struct text *, const struct http1_head *,
	    const struct relay_request *);

/* The same as a trace shows it: without credentials (RFC 9110 9.3.8). */
void	 relay_trace(struct text *, const struct http1_head *,
	    const struct relay_request *);

/* How the client is to read a response's body. */
enum relay_framing {
	RELAY_NO_BODY,
	RELAY_LENGTH,
	RELAY_CHUNKED,
	RELAY_UNTIL_CLOSE,
};

struct relay_response {
	enum relay_framing	 framing;
	bool			 close;		/* say so */
	bool			 keep_alive;	/* say so: to HTTP/1.0 */
	bool			 upgrade;	/* 101: keep Upgrade */
	bool			 tell_status;	/* a status that pauses */
	uint64_t		 wait;		/* ns in the queue */
	unsigned		 resent;	/* times, after refusals */
	const char		*via;		/* our name; or NULL */
	const char		*date;		/* for one without; or NULL */
	/* What is changed, of fields; NULL: nothing. */
	const struct relay_inside *inside;
};

/*
 * Puts a host, in brackets where they are due, with the dot of a name that is
 * whole, or without; and the port (0: none).
 */
void	 relay_authority(struct text *, const struct http1_host *, bool dot,
	    uint16_t port);

/* A response's head, interim ones too, for the client. */
void	 relay_response(struct text *, const struct http1_head *,
	    const struct relay_response *);

/* The end of a chunked body, with the fields of trailers (or NULL). */
void	 relay_last_chunk(struct text *, const struct http1_head *);

#endif
