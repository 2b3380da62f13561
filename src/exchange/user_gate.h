/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_USER_GATE_H
#define SLUICE_USER_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

/*
 * Whether credentials are those of a user: a thread's memory of what was checked
 * of late, and the way to those who check (user_checks.h).  Who asks for the
 * same as another who waits, waits with him.
 */

struct client_hasher;
struct htpasswd;
struct loop;
struct user_basic;
struct user_checks;
struct user_gate;		/* a thread's */
struct user_question;

enum user_answer {
	USER_RIGHT,
	USER_WRONG,
	USER_ASKED,		/* told() follows, unless one leaves */
	USER_BUSY,		/* too many wait */
	USER_NO_MEMORY,
};

/* Who waits for an answer. */
struct user_waiter {
	TAILQ_ENTRY(user_waiter) entry;
	struct user_question	*question;	/* NULL: he does not wait */
	/* From the loop; it may end whom it is in. */
	void			(*told)(struct user_waiter *, bool right);
};

/* Returns NULL without memory.  All of it stays its owners'. */
struct user_gate *user_gate_new(struct loop *, struct client_hasher *,
		    struct user_checks *);
/* When the checks were freed; nobody waits any more. */
void		 user_gate_free(struct user_gate *);

/*
 * Asks for the client (a hash of who he is) at that time (ns, monotonic).  The
 * users need not be there when this has returned.
 */
enum user_answer user_gate_ask(struct user_gate *, const struct htpasswd *,
		    const struct user_basic *, uint64_t client, uint64_t now,
		    struct user_waiter *);
/* He does not wait any more. */
void		 user_gate_leave(struct user_gate *, struct user_waiter *);

#endif
