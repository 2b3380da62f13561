/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LEARN_ACCOUNT_H
#define SLUICE_LEARN_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/estimate_share.h"
#include "throttle/lease_account.h"
#include "throttle/lease_learn.h"

/*
 * What an estimate has with the store that lends it (lease_learn.h): whether it
 * is this proxy's turn to go by it, what is asked and when, and what holds where
 * there is no store for a while, or none that answers (lease_account.h).  Then
 * each goes on with what it knows: nobody, all, or as if each request were as
 * many as there are proxies.
 *
 * A loan is passed on when others wait for it and this one has had its slice, or
 * can do nothing with it for longer than that; when those that are on their way
 * are answered, or that takes too long.
 *
 * Times are in ns.  Calls nobody.
 */

#define LEARN_AHEAD	16	/* go beyond what is written, at most */
#define LEARN_SLICE	(LEASE_HORIZON / 2)	/* or 16 round trips */
#define LEARN_DRAIN	(2 * LEASE_HORIZON)	/* nothing is sure yet */
#define LEARN_DRAIN_SURE (LEASE_HORIZON / 5)

struct learn_account {
	struct lease_terms	 terms;
	struct lease_learn_question question;	/* the last one */
	uint64_t		 id;
	uint64_t		 known;		/* the last loan; or 0 */
	bool			 has;		/* ... it has */
	bool			 free;		/* it has a pass */
	uint64_t		 ends;		/* of either */
	bool			 recorded;	/* the store knows something */
	bool			 told;		/* ... what went by a pass, too */
	uint64_t		 merged;	/* of others', that it knows; */
	uint64_t		 merged_late;	/* ... that were back late */
	bool			 others;	/* wait for it */
	uint64_t		 since;		/* it has the loan */
	uint64_t		 went;		/* ... so many with it */
	uint64_t		 drains;	/* ... until then, at most; or 0 */
	uint64_t		 spent;		/* beyond what is written */
	uint64_t		 posed;		/* ... when that was asked */
	uint64_t		 written;	/* as of then */
	bool			 differs;	/* what it knows, from the text
						   that it was lent */
	uint64_t		 flying;	/* that were told */
	bool			 asks;		/* without an answer */
	uint64_t		 asked;
	uint64_t		 again;		/* not before then */
	uint64_t		 retry;		/* the same, of failures */
	unsigned		 failures;	/* questions without an answer */
	uint64_t		 own_from;	/* what others had has ended */
	bool			 hears;		/* it asks, for others say that
						   there is something to know */
	uint64_t		 heeded;	/* store's: the last order that is
						   in what is known here; or 0 */
	uint64_t		 ordered;	/* one to be told; or 0 */
	bool			 renews;	/* ... to forget all */
	uint64_t		 ordering;	/* ... that was told last */
};

/*
 * Makes one, with an id that no other has had.  Returns NULL without memory.
 */
struct learn_account *learn_account_new(uint64_t id,
		    const struct lease_terms *, uint64_t now);
/* NULL is allowed. */
void		 learn_account_free(struct learn_account *);

/* Sets where leave to go is from, from now on. */
void		 learn_account_set(struct learn_account *, struct estimate *,
		    const struct lease_terms *, uint64_t now);

/* Returns whether one may go now, if the estimate says so. */
bool		 learn_account_may(const struct learn_account *, uint64_t now);
/*
 * Returns whether it is this one's turn, or nobody's, as far as is known: else
 * slots are of no use here (slots_account.h).
 */
bool		 learn_account_has_turn(const struct learn_account *,
		    uint64_t now);
/* One goes. */
void		 learn_account_went(struct learn_account *);
/*
 * An operator had the estimate resumed, or renewed, here: so it is for all.
 */
void		 learn_account_order(struct learn_account *, bool renews,
		    uint64_t now);
/* The others have told the store something. */
void		 learn_account_hear(struct learn_account *,
		    const struct estimate *, uint64_t now);

/*
 * Returns whether an answer that is on its way, or may be asked for now, can let
 * the first one go: who waits for that waits for no other proxy.
 */
bool		 learn_account_is_new(const struct learn_account *,
		    uint64_t now);
/* Returns whether the store answers others, and not this one. */
bool		 learn_account_is_cut(const struct learn_account *);

/*
 * Returns when something is to be asked (ns), or to be looked at, where somebody
 * waits or nobody; not before now.  BUDGET_NEVER: by time nothing is.
 */
uint64_t	 learn_account_at(struct learn_account *,
		    const struct estimate *, bool waits, uint64_t now);

/*
 * Makes the question.  What is known is written to the text, which is the
 * caller's, and is to be there as long as the question.
 */
void		 learn_account_ask(struct learn_account *, struct estimate *,
		    bool waits, char text[ESTIMATE_SAVED], uint64_t now);
/*
 * Makes its last question, in the same way: the loan is given back.  ends:
 * nothing that went goes on.  Returns false where it has none.
 */
bool		 learn_account_leave(struct learn_account *, struct estimate *,
		    bool ends, char text[ESTIMATE_SAVED], uint64_t now);
/* Takes the answer; NULL: there will be none. */
void		 learn_account_take(struct learn_account *, struct estimate *,
		    const struct lease_learn_answer *, uint64_t sent,
		    uint64_t received);

#endif
