/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_STORE_H
#define SLUICE_THROTTLE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/learn_account.h"
#include "throttle/lease_account.h"
#include "throttle/slots_account.h"
#include "throttle/throttle_types.h"
#include "throttle/throttle_why.h"

/*
 * The accounts of all of a throttle's budgets that have rates (lease_account.h)
 * or a concurrency (slots_account.h): what they want to ask the store, and what
 * that answers.  A budget gets its account when it first wants something; before
 * that nothing goes.
 */

/* Nobody goes without a store's lease from now on; or as before it. */
void		 throttle_store(struct throttle *);
void		 throttle_store_end(struct throttle *);

/* What one of the budgets asks. */
struct throttle_store_question {
	unsigned		 budget;	/* its number in the throttle */
	enum throttle_whose	 whose;
	unsigned		 part;		/* of that kind */
	uint64_t		 number;	/* of the question */
	/* Either of rates, */
	const struct budget_limits *limits;	/* of what; the account's */
	const struct lease_question *ask;	/* the account's; or NULL: */
	const struct lease_slots_question *slots;	/* of slots; its; or NULL: */
	const struct lease_learn_question *learn;	/* of what is learned */
	bool			 pauses;	/* the host's go with it */
};

/* What a round of questions is asked with. */
struct throttle_store_round {
	struct lease_terms	 terms;
	uint64_t		*ids;		/* the last that was given */
	bool			 tells;		/* the host's own asks anyway,
						   with its first account */
	bool			 heard;		/* what is learned may be lent */
	char			*text;		/* of ESTIMATE_SAVED bytes; the
						   caller's: what is told */
	unsigned		 next;		/* budget; begins as 0 */
	unsigned		 next_slots;	/* the same, of slots */
	bool			 learned;	/* the same, of what is learned */
	bool			 began;		/* begins as false */
	bool			 granted;	/* somebody may go */
};

/*
 * Goes on with a round: fills in what the next budget asks the store.  Returns
 * false when that was all.  Budgets that have a part of their own have been
 * answered by then.
 */
bool		 throttle_store_ask(struct throttle *,
		    struct throttle_store_round *, uint64_t now,
		    struct throttle_store_question *);
/* What of its accounts ends. */
enum throttle_store_what {
	THROTTLE_STORE_LEASES,
	THROTTLE_STORE_SLOTS,
	THROTTLE_STORE_LEARNED,
};

/*
 * Goes on with its last questions, which give back what it has; next is 0 to
 * begin with.  ends: nothing that went goes on, either.  text is the caller's,
 * for what is learned.  Returns false when that was all; then
 * throttle_store_left() is to follow, and nothing goes before that.
 */
bool		 throttle_store_leave(struct throttle *,
		    enum throttle_store_what, unsigned *next, bool ends,
		    char text[ESTIMATE_SAVED], uint64_t now,
		    struct throttle_store_question *);
/* Those accounts are gone; who wants something gets another one. */
void		 throttle_store_left(struct throttle *,
		    enum throttle_store_what);

/*
 * Takes what the store says (NULL: nothing) to the question of a number, asked
 * by a budget.  Returns whether somebody may go.
 */
bool		 throttle_store_take(struct throttle *, unsigned budget,
		    uint64_t number, const struct lease_answer *,
		    uint64_t sent, uint64_t received);

/* The same for slots, asked of that budget by a holder. */
void		 throttle_store_take_slots(struct throttle *, unsigned budget,
		    uint64_t holder, const struct lease_slots_answer *,
		    uint64_t received);

/* The same for what is learned, asked by a holder. */
void		 throttle_store_take_learn(struct throttle *, uint64_t holder,
		    const struct lease_learn_answer *, uint64_t sent,
		    uint64_t received);

/* Returns when there is to be a round (ns); THROTTLE_NEVER: not by time. */
uint64_t	 throttle_store_due(struct throttle *, uint64_t now);

/*
 * Returns what an answer that was taken says that is worth a line, and of which
 * budget (whose and part of *q); once.
 */
enum lease_news	 throttle_store_news(struct throttle *, unsigned budget,
		    struct throttle_store_question *q);

struct throttle_store_count {
	bool			 learns;	/* it has the loan of that */
	unsigned		 leases;	/* of which something may go */
	uint64_t		 slots;		/* that it was lent */
	unsigned		 cut;		/* budgets without the store */
	uint64_t		 melts;		/* ns: when the next lease ends */
};

/* Returns what there is of them; with the time it is less without a word. */
struct throttle_store_count throttle_store_count(struct throttle *,
		    uint64_t now);

/*
 * Returns until when it pauses (ns), as others are to be told.  What is learned is
 * not among that: those who wait for the loan of it would take it for a pause
 * besides, and each would recover from that by itself.
 */
uint64_t	 throttle_store_paused(const struct throttle *);
/*
 * It has the turn to ask a host that others have paused for: it is half open,
 * if it was not, and its next request is the one that asks.
 */
void		 throttle_store_probe(struct throttle *, uint64_t now);
/* It has opened: what it was told to wait for is over. */
void		 throttle_store_opened(struct throttle *);
/*
 * An operator had it opened, or renewed, here: others that share it are to heed
 * that.
 */
void		 throttle_store_order(struct throttle *, bool renews,
		    uint64_t now);
/*
 * Returns when that was (ns), once; 0: it was not, since the last call, or pauses
 * are not shared.
 */
uint64_t	 throttle_store_ordered(struct throttle *);
/* Whether the one that was returned last is still to be told. */
void		 throttle_store_untold(struct throttle *, bool);
/* There is to be a round as soon as throttle_has_opened(). */
void		 throttle_store_watch(struct throttle *, bool);

#endif
