/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LEASE_ACCOUNT_H
#define SLUICE_LEASE_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/lease_hold.h"

/*
 * What a budget has with the store from which it gets its leases
 * (lease_hold.h): which question has no answer yet, when the next one is to be
 * asked, and what holds where there is no store for a while.  That may be so for
 * one budget alone, where the store does not answer what it asks, though it
 * answers others: it is cut off then, and asks now and then whether it still is.
 *
 * Costs are in micro cost units, times in ns.  Calls nobody.
 */

#define LEASE_HORIZON	1000000000ULL	/* ns: a lease lasts about so long */
#define LEASE_REPORT	100000000ULL	/* ns: what was counted is told */
#define LEASE_LOST	3000000000ULL	/* ns: after that no answer comes */
#define LEASE_CUT	3		/* questions in a row without an answer */
#define LEASE_HOLDERS	128		/* who can hold leases of one budget */

/* From where leases are. */
enum lease_source {
	LEASE_STORE,
	LEASE_NOWHERE,		/* those that are there are the last */
	LEASE_OPEN,		/* none is needed */
	LEASE_OWN,		/* from a part that is its own */
};

/* What holds for all budgets of a rule. */
struct lease_terms {
	enum lease_source	 source;
	enum lease_source	 without;	/* for one that is cut off */
	uint64_t		 peers;		/* who share it; for LEASE_OWN */
	uint32_t		 reserve;	/* millionths kept for that */
	uint64_t		 grace;		/* ns: a slot is held at most; 0 */
};

/* What of an answer is worth a line in the log. */
enum lease_news {
	LEASE_NO_NEWS,
	LEASE_IS_CUT,		/* the store does not answer what it asks */
	LEASE_IS_FAR,		/* the same: answers take too long */
	LEASE_IS_BACK,		/* it does */
	LEASE_NO_PLACE,		/* all places are others' */
	LEASE_DIFFERS,		/* others have other limits for it */
	LEASE_CLOCK_BACK,	/* the store's clock was set back */
	LEASE_CLOCK_FORWARD,	/* ... or forward */
	LEASE_CLOCK_FAST,	/* it is too fast, which is made up for */
};

struct lease_own;

struct lease_account {
	struct lease_hold	 hold;
	struct budget_limits	 whole;		/* of all peers together */
	struct lease_terms	 terms;
	struct lease_own	*own;		/* owned; for LEASE_OWN */
	uint64_t		 id;
	uint64_t		 number;	/* of the last question */
	struct lease_question	 question;	/* that was */
	uint64_t		 asked;		/* ns; 0: it is answered */
	uint64_t		 again;		/* ns: not before then */
	uint64_t		 trip;		/* ns: of an answer, lately */
	uint64_t		 told;		/* of counted and unused */
	uint64_t		 told_at;	/* ns */
	uint64_t		 taken_at;	/* ns: the last lease */
	uint64_t		 spent;		/* since then */
	uint64_t		 owed;		/* more than a lease had */
	bool			 apart;		/* has had some without the store */
	unsigned		 failures;	/* questions in a row */
	bool			 cut;		/* terms are those without it */
	uint64_t		 probe;		/* a question's number; or 0 */
	uint64_t		 probe_at;	/* ns: of that, or of the next */
	uint64_t		 patience;	/* ns: between two of them */
	enum lease_news		 news;		/* of the last answer */
	/* Of the whole, that nobody had by the store's last answer. */
	uint64_t		 left[BUDGET_RATES];
	uint64_t		 left_at;	/* ns; 0: it has not answered */
};

/*
 * Makes one for limits, with an id that no other has had.  What is on its way
 * without a lease is foreign.  Returns NULL without memory.
 */
struct lease_account *lease_account_new(const struct budget_limits *,
		    uint64_t id, uint64_t foreign);
/* NULL is allowed. */
void		 lease_account_free(struct lease_account *);

/*
 * Sets where leases are from, from now on.  Returns false without memory: then
 * they are from nowhere.
 */
bool		 lease_account_set(struct lease_account *,
		    const struct lease_terms *, uint64_t now);

/*
 * Makes a question for who is first (0: nobody waits), and all who wait, with
 * their weight, as of when lease_account_at() has said.  Its own part has
 * answered it when this returns; else the caller puts it to the store, with
 * hold.limits.
 */
void		 lease_account_ask(struct lease_account *, uint64_t first,
		    uint64_t demand, uint64_t weight, uint64_t now);
/*
 * Takes the answer to the question of a number; NULL: there will be none.
 * Returns whether somebody may go now who could not.
 */
bool		 lease_account_take(struct lease_account *, uint64_t number,
		    const struct lease_answer *, uint64_t sent,
		    uint64_t received);

/*
 * Makes a question whether the store answers again, where it is cut off and the
 * time for that has come: returns whether it is to be put to the store.
 */
bool		 lease_account_probe(struct lease_account *, uint64_t now);

/*
 * Makes its last question, which gives back what is left of its lease; nothing
 * may be spent after that.  uncounted: what went, and the host has not counted;
 * ends: nor does anybody any more.  Returns false where there is nothing to say.
 */
bool		 lease_account_leave(struct lease_account *, wide uncounted,
		    bool ends, uint64_t now);

/*
 * Returns when a question is to be asked (ns), not before now; BUDGET_NEVER: by
 * time none is.  need: who is first wants a lease for so much; or 0.
 * uncounted: what went, and the host has not counted.
 */
uint64_t	 lease_account_at(const struct lease_account *, uint64_t need,
		    wide uncounted, uint64_t now);

/*
 * Returns when a cost may go (ns), not before now; BUDGET_NEVER where it needs
 * another lease.
 */
uint64_t	 lease_account_due(const struct lease_account *,
		    uint64_t cost, uint64_t now);
void		 lease_account_spend(struct lease_account *, uint64_t cost,
		    uint64_t at);

#endif
