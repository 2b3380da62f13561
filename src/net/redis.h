/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REDIS_H
#define SLUICE_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/http1.h"

/*
 * A connection to a Redis: dialled, with TLS where that is wanted, logged in;
 * then commands go out as they come, and each is answered, in order and within
 * a time.  It ends once, whatever the server does, and is not made anew here.
 */

#define REDIS_PENDING	2560	/* commands that wait for an answer */
#define REDIS_ARGUMENTS	64	/* of a command */
#define REDIS_RUN	41	/* bytes of a run id, with a NUL */

struct dialer;
struct redis;
struct redis_reply;

enum redis_role {
	REDIS_MASTER,		/* keeps what is stored */
	REDIS_SENTINEL,		/* knows who does */
	REDIS_LISTENER,		/* as a master, but for what is published */
};

/* Who is asked, and as whom; stays its owner's as long as there are any. */
struct redis_setup {
	const struct dialer	*dialer;
	enum redis_role		 role;
	bool			 tls;		/* conf's store's */
	const char		*user;		/* NULL: the default one */
	const char		*password;	/* NULL: none is told */
	unsigned		 db;
	uint64_t		 timeout;	/* ns, of each command */
};

struct redis_events {
	/* Commands may go. */
	void	(*ready)(void *owner);
	/* It has ended, for a reason that stays until this returns. */
	void	(*lost)(void *owner, const char *why);
	/* Something that was subscribed to; NULL: nothing is. */
	void	(*told)(void *owner, const struct redis_reply *);
};

/*
 * Begins a connection.  Nothing is told before this returns.  NULL without
 * memory.
 */
struct redis	*redis_open(const struct redis_setup *,
		    const struct http1_host *, const struct redis_events *,
		    void *owner);

/*
 * Ends it, without telling the owner; who waits for an answer is told.  To be
 * called also when it was lost.  NULL is allowed.
 */
void		 redis_close(struct redis *);

/* An answer, or NULL and why there is none; both stay until it returns. */
typedef void	 redis_cb(void *arg, const struct redis_reply *,
		    const char *why);

/*
 * Sends a command.  cb is called once, never before this returns.  Returns
 * false where it cannot be sent: then cb is not called.
 */
bool		 redis_send(struct redis *, int n, const char *const *words,
		    const size_t *lengths, redis_cb *cb, void *arg)
		    __attribute__((warn_unused_result));

/*
 * Asks whether it is there, and does what is asked of a master: run scripts that
 * write.  One that does not is lost, and so is, before this returns, what can no
 * longer be written to.  Returns false where it cannot be asked.
 */
bool		 redis_probe(struct redis *);

bool		 redis_is_ready(const struct redis *);
/* Returns what the server calls this life of its; "" before it is ready. */
const char	*redis_run(const struct redis *);

#endif
