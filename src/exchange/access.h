/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ACCESS_H
#define SLUICE_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"

/*
 * The access log: one line for each exchange that ended, as text or JSON. Each
 * thread collects lines and hands them over when its events at hand are done;
 * a thread writes them, and nobody else ever waits for that (log_sink.h).
 */

struct access_log;
struct loop;

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

/* Strings are escaped where they are written; no URL, no field ever is. */
struct access_line {
	const char		*client;
	const char		*method;	/* NULL: not understood */
	const char		*host;		/* NULL: not understood */
	int			 status;	/* to the client; 0: none */
	uint64_t		 in;		/* bytes of body or tunnel */
	uint64_t		 out;
	uint64_t		 wait;		/* ns in the queue */
	uint64_t		 upstream;	/* ns, the rest */
	unsigned		 resent;	/* times, after refusals */
	enum access_outcome	 outcome;
	const char		*reason;	/* or NULL */
};

/*
 * Opens the log file that the configuration names, for all workers.  Returns
 * false with *cause set (to be freed) when that is not possible: the one that
 * was open stays.  Called again to reopen; from the main thread.
 */
bool		 access_open(const struct conf *, char **cause)
		    __attribute__((warn_unused_result));
/*
 * Returns whether access_open() would open it, as far as one can tell, and does
 * not open it; *cause is set as there.
 */
bool		 access_test(const struct conf *, char **cause)
		    __attribute__((warn_unused_result));
/* Writes what is left, as long as somebody takes it; workers have ended. */
void		 access_close(void);

/*
 * A thread's, by a configuration that stays until access_reload().  Returns
 * NULL without memory.
 */
struct access_log *access_new(struct loop *, const struct conf *);
void		 access_reload(struct access_log *, const struct conf *);
/* Writes what is left. */
void		 access_free(struct access_log *);

/*
 * Puts a method, or a host with its port (0: not known), as a line has them,
 * into buf.  Returns it; NULL where nothing is known of it.
 */
const char	*access_method(const char *, size_t, char buf[static 32]);
const char	*access_host(const struct http1_host *, unsigned port,
		    char *buf, size_t size);
/* Returns whether lines are written at all: making one is not free. */
bool		 access_enabled(const struct access_log *);
void		 access_write(struct access_log *, const struct access_line *);

#endif
