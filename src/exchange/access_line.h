/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ACCESS_LINE_H
#define SLUICE_ACCESS_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "http/http1.h"

/* A line of the access log: what it tells, as text and as JSON. */

#define ACCESS_LINE	4096	/* bytes of one at most */
#define ACCESS_PATH	256	/* bytes of a path, with its end */

enum access_outcome {
	ACCESS_FORWARDED,
	ACCESS_TUNNEL,		/* requests inside were not seen */
	ACCESS_UPGRADED,	/* a request that became a tunnel */
	ACCESS_INTERCEPTED,	/* a CONNECT; its requests have own lines */
	ACCESS_PLAIN,		/* the same, in clear */
	ACCESS_ANSWERED,	/* by us, as it asked for */
	ACCESS_REFUSED,		/* by us, reason says why; no upstream saw it */
	ACCESS_ABORTED,		/* by us, reason says why; an upstream did */
	ACCESS_CLIENT_GONE,
	ACCESS_UPSTREAM_ERROR,	/* reason is the kind */
};

/* Strings are escaped where they are written; no query, no field ever is. */
struct access_line {
	const char		*client;
	const char		*user;		/* who was checked; or NULL */
	const char		*method;	/* NULL: not understood */
	const char		*host;		/* NULL: not understood */
	const char		*rule;		/* NULL: none was looked for */
	const char		*path;		/* by access_path(); or NULL */
	int			 status;	/* to the client; 0: none */
	uint64_t		 in;		/* bytes of body or tunnel */
	uint64_t		 out;
	uint64_t		 wait;		/* ns in the queue */
	uint64_t		 upstream;	/* ns, the rest */
	unsigned		 resent;	/* times, after refusals */
	enum access_outcome	 outcome;
	const char		*reason;	/* or NULL */
	/* What it waited for, or was refused by; NULL: it did neither. */
	const char		*budget;
	/* ns for which its answer was the first to pause its host; or 0. */
	uint64_t		 paused;
	/* What would have become of it, by hosts_observed(); or NULL. */
	const char		*observed;
	const char		*parent;	/* NULL: it went through none */
};

/* Returns the words for an outcome. */
const char	*access_outcome_word(enum access_outcome);

/*
 * Puts a line with its end into buf, for a time that was formatted.  Returns
 * how many bytes it has; 0 without memory.
 */
size_t		 access_line_text(const struct access_line *, const char *time,
		    char buf[ACCESS_LINE]);
size_t		 access_line_json(const struct access_line *, const char *time,
		    char buf[ACCESS_LINE]);

/*
 * Puts a method, a host with its port (0: not known), or the path of a
 * request's target without its query into buf, as a line has them: a path in
 * ASCII that can be printed, without blanks, quotation marks and backslashes,
 * which are percent-encoded, and cut behind a whole character.  Returns it; NULL
 * where nothing is known of it.
 */
const char	*access_method(const char *, size_t, char buf[static 32]);
const char	*access_host(const struct http1_host *, unsigned port,
		    char *buf, size_t size);
const char	*access_path(struct http1_str target, char *buf, size_t size);

#endif
