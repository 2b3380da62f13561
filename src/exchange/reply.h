/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REPLY_H
#define SLUICE_REPLY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Answers that the proxy gives itself.  None can be taken for the upstream's:
 * each has Proxy-Status (RFC 9209) and a problem body (RFC 9457).
 */

struct downstream;
struct hosts_explanation;

struct reply {
	int		 status;
	const char	*error;		/* RFC 9209 error type; NULL: none */
	const char	*detail;	/* a sentence without its full stop */
	uint64_t	 retry_after;	/* seconds; 0: none */
	/* of a refusal for a limit; else budget is NULL */
	const char	*budget;	/* which one is short */
	uint32_t	 waiting;	/* how many wait for it */
	uint64_t	 wait;		/* ns until a retry would succeed */
	const struct hosts_explanation *why;	/* or NULL */
	uint64_t	 held;		/* ns that it waited before */
	unsigned	 resent;	/* how often it was sent again before */
	const char	*page;		/* HTML for a person; or NULL */
	bool		 head;		/* to HEAD: no body follows */
	bool		 close;		/* the connection ends after it */
	bool		 old_client;	/* speaks HTTP/1.0 */
};

/* Returns the standard reason phrase; "Unknown" for what has none. */
const char	*reply_reason(int status);

/*
 * Returns what says whether the connection goes on: a field's line, or an empty
 * text where that need not be said.
 */
const char	*reply_connection(bool close, bool old_client);

/* Sends it; the caller calls front_end().  Returns the bytes of its body. */
uint64_t	 reply_send(struct downstream *, const struct reply *);

#endif
