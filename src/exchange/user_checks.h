/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_USER_CHECKS_H
#define SLUICE_USER_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include "net/loop.h"

/*
 * Checks of passwords, which take long by design: some threads do nothing else,
 * at a lower priority than those of requests.  So many wait, of one client so
 * many fewer; one's first goes before another's second.
 */

/* One check; in the memory of who wants it, until it is answered. */
struct user_check {
	struct mail		 mail;		/* the answer, to loop */
	struct loop		*loop;
	uint64_t		 client;	/* whose it is: a hash */
	char			*password;	/* wiped and freed by the check */
	const char		*hash;		/* that it is to have */
	bool			 right;		/* the answer */
	/* of the threads: */
	TAILQ_ENTRY(user_check)	 entry;
	unsigned		 round;		/* that client's before it */
	bool			 queued;	/* not begun */
};

struct user_checks;		/* all of a process */

/* For that many threads, made when they are needed; NULL without memory. */
struct user_checks *user_checks_new(unsigned threads);
/*
 * Ends the threads, after what they are at; nobody is answered any more.  Loops
 * are there until then, and run no more.
 */
void		 user_checks_free(struct user_checks *);

/*
 * Asks for a check.  Returns false when too many wait: the password is
 * the caller's still.
 */
bool		 user_checks_ask(struct user_checks *, struct user_check *)
		    __attribute__((warn_unused_result));
/*
 * Returns whether a check was taken back, which is never answered then; else it
 * has begun, and is.
 */
bool		 user_checks_take_back(struct user_checks *,
		    struct user_check *);

/* Wipes a text and frees it; NULL: nothing. */
void		 user_checks_wipe(char *);

#endif
