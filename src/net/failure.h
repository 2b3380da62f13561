/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FAILURE_H
#define SLUICE_FAILURE_H

#include <stdbool.h>

/* What went wrong with an upstream; upstream_failure() tells the rest. */
enum upstream_error {
	UPSTREAM_NO_NAME,		/* no such name, or no address of it */
	UPSTREAM_DNS_ERROR,		/* the servers cannot tell */
	UPSTREAM_DNS_TIMEOUT,
	UPSTREAM_LOOKUPS,		/* limits.lookups */
	UPSTREAM_LOOP,			/* it is this proxy */
	UPSTREAM_REFUSED,		/* no address took the connection */
	UPSTREAM_UNREACHABLE,
	UPSTREAM_CONNECT_TIMEOUT,
	UPSTREAM_NO_SOCKET,		/* out of descriptors or ports */
	UPSTREAM_CLOSED,		/* closed or reset before it was done */
	UPSTREAM_MALFORMED,		/* not HTTP, or not as it may be */
	UPSTREAM_CODING,		/* its transfer coding, or chunks */
	UPSTREAM_TOO_LARGE,		/* its head */
	UPSTREAM_LONG_TRAILERS,
	UPSTREAM_TIMEOUT,		/* no response */
	UPSTREAM_IDLE,			/* no more of it */
	UPSTREAM_STALLED,		/* takes no more of the request */
	UPSTREAM_TLS_CERTIFICATE,	/* its certificate was not accepted */
	UPSTREAM_TLS_ALERT,		/* it has refused our handshake */
	UPSTREAM_TLS_PROTOCOL,		/* not TLS, or not as it may be */
	UPSTREAM_TLS_TIMEOUT,		/* the handshake took too long */
	UPSTREAM_NO_MEMORY,
};

/* What the client is told of it. */
struct upstream_failure {
	int		 status;
	const char	*error;		/* RFC 9209 error type */
	const char	*kind;		/* for the access log */
	const char	*detail;	/* NULL: what exchange_failed() says */
	bool		 told;		/* that is told, too, in both */
};

const struct upstream_failure *upstream_failure(enum upstream_error);

/* Whether it failed before there was any host to connect to. */
bool		 upstream_nowhere(enum upstream_error);

#endif
