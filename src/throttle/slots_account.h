/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_SLOTS_ACCOUNT_H
#define SLUICE_SLOTS_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "throttle/lease_account.h"
#include "throttle/lease_slots_hold.h"

/*
 * What a budget has with the store that lends it slots of concurrency
 * (lease_slots_hold.h), and how many it may use where there is no store for a
 * while, or none that answers what it asks (lease_account.h: LEASE_CUT).
 *
 * Times are in ns.  Calls nobody.
 */

#define SLOTS_TTL	3000000000ULL	/* ns: a block is good for so long */

struct slots_account {
	struct lease_slots_hold	 hold;
	struct lease_terms	 terms;
	struct lease_slots_question question;	/* the last one */
	uint64_t		 id;
	/* From when on what all others had of the store has ended; for
	   LEASE_OWN. */
	uint64_t		 own_from;
	uint64_t		 retry;		/* not before then */
	unsigned		 failures;	/* questions without an answer */
};

/*
 * Makes one, with an id that no other has had, that may use none.  Returns NULL
 * without memory.
 */
struct slots_account *slots_account_new(uint64_t id,
		    const struct lease_terms *, uint64_t now);
/* NULL is allowed. */
void		 slots_account_free(struct slots_account *);

/* Sets where slots are from, from now on, and how long one is used at most. */
void		 slots_account_set(struct slots_account *,
		    const struct lease_terms *, uint64_t now);

/* Returns how many of a limit may be in use now. */
uint32_t	 slots_account_may(const struct slots_account *, uint32_t limit,
		    uint64_t now);

/*
 * Returns whether an answer that is on its way may give the first slot: who
 * waits for that waits for no other.
 */
bool		 slots_account_is_new(const struct slots_account *,
		    uint64_t now);
/* Returns whether the store answers others, and not this one. */
bool		 slots_account_is_cut(const struct slots_account *);
/* Returns from where its slots are now. */
enum lease_source slots_account_source(const struct slots_account *);
/* Returns whether there is no store, nor anything without it. */
bool		 slots_account_is_away(const struct slots_account *);
/* Returns whether the store may think that some are in use. */
bool		 slots_account_has_some(const struct slots_account *,
		    uint64_t now);

/*
 * Returns when something is to be asked (ns), or to be looked at, where so many
 * slots are in use, and so many wait for one; not before now.  BUDGET_NEVER: by
 * time nothing is.
 */
uint64_t	 slots_account_at(struct slots_account *, uint32_t busy,
		    uint32_t waiting, uint64_t now);

/* Makes the question, for a limit, of one who has that weight. */
void		 slots_account_ask(struct slots_account *, uint32_t limit,
		    uint32_t weight, uint32_t busy, uint32_t waiting,
		    uint64_t now);
/* It has no use for more than are in use: the others go back at once. */
void		 slots_account_yield(struct slots_account *, uint32_t busy);
/*
 * Makes its last question: so many are in use.  Returns false where there is
 * nothing to say.
 */
bool		 slots_account_leave(struct slots_account *, uint32_t limit,
		    uint32_t busy, uint64_t now);
/* Takes the answer; NULL: there will be none. */
void		 slots_account_take(struct slots_account *,
		    const struct lease_slots_answer *, uint64_t received);

#endif
