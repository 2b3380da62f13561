/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FAILURE_H
#define SLUICE_FAILURE_H

#include <stdbool.h>

/* What went wrong between us and a host that was asked something. */
enum failure {
	FAILURE_NO_NAME,		/* no such name, or no address of it */
	FAILURE_DNS_ERROR,		/* the servers cannot tell */
	FAILURE_DNS_TIMEOUT,
	FAILURE_LOOKUPS,		/* limits.lookups */
	FAILURE_DESTINATION,		/* its client may not go there */
	FAILURE_REFUSED,		/* no address took the connection */
	FAILURE_UNREACHABLE,
	FAILURE_CONNECT_TIMEOUT,
	FAILURE_NO_SOCKET,		/* out of descriptors or ports */
	FAILURE_CLOSED,			/* closed or reset before it was done */
	FAILURE_MALFORMED,		/* not HTTP, or not as it may be */
	FAILURE_CODING,			/* its transfer coding, or chunks */
	FAILURE_TOO_LARGE,		/* its head */
	FAILURE_LONG_TRAILERS,
	FAILURE_TIMEOUT,		/* no response */
	FAILURE_IDLE,			/* no more of it */
	FAILURE_STALLED,		/* takes no more of the request */
	FAILURE_TLS_CERTIFICATE,	/* its certificate was not accepted */
	FAILURE_TLS_ALERT,		/* it has refused our handshake */
	FAILURE_TLS_PROTOCOL,		/* not TLS, or not as it may be */
	FAILURE_TLS_TIMEOUT,		/* the handshake took too long */
	FAILURE_NO_MEMORY,
	FAILURE_PARENT_LOOP,		/* the parent is this proxy */
	FAILURE_PARENT_AUTH,		/* it wants other credentials */
	FAILURE_PARENT_REFUSED,		/* it refuses a tunnel */
	FAILURES,			/* how many there are */
};

/* What the client and the access log are told of it. */
struct failure_answer {
	int		 status;	/* of the response */
	const char	*error;		/* RFC 9209 error type */
	const char	*kind;		/* for the access log */
	const char	*name;		/* for metrics: the enum's */
	const char	*detail;	/* for people; NULL: it differs */
	bool		 told;		/* what was seen is, too, in both */
};

/* Returns what is told of a failure; never NULL. */
const struct failure_answer *failure_answer(enum failure);

/*
 * Returns what is told of it where it is a parent's instead of the host's: the
 * detail, or NULL, with other words in buf.
 */
#define FAILURE_DETAIL	128	/* bytes */
const char	*failure_of_parent(enum failure, char buf[FAILURE_DETAIL]);

/*
 * Returns whether there was no host to connect to: its name has no address, or
 * none that may be connected to.
 */
bool		 failure_without_host(enum failure);

#endif
