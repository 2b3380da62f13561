/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_OBSERVE_H
#define SLUICE_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/stats.h"
#include "hosts/observe_events.h"
#include "policy/lesson.h"
#include "throttle/throttle.h"

/*
 * What would have happened: a second throttle, the shadow of a host's, which
 * is asked by whoever asks the host and decides nothing.  Whoever owns it
 * locks.
 *
 * Time is an argument of a throttle, so nothing here has a timer: what was due
 * by now is made up for by the next call, each event at its own instant and in
 * their order.  observe_run() does only that; whoever looks calls it first.
 *
 * A request has its place in the shadow from when it asks until its time there
 * has come and gone, which may be long after the request itself has ended.
 * What it does when admitted is taken from what it really did:
 *
 * - It holds its slot for as long as it really held one, from its admission in
 *   the shadow on.  Where it still does, the shadow's slot is held as well: one
 *   that waits longer in reality than in the shadow so holds it longer.
 *   One that never really was admitted, because the enforced limits refused it,
 *   holds it for as long as requests lately did.
 * - What it has taken of named budgets is settled when it ends there, by what
 *   its answer really said.
 * - What its answer taught is heard as long after its admission in the shadow
 *   as it really was after the real one: before that nobody there could know.
 *   Instants that the host named stay those instants.  A request that is
 *   refused in the shadow teaches nothing.  Parts that a host makes known by
 *   itself are not told apart: what it says of one is left out.
 * - A client that goes while its request waits in both, leaves both.  One whose
 *   request was sent stays in the shadow's queue.
 * - One that a host refused and that was sent again is one request here.
 */

/* A shadow with full buckets; NULL without memory.  The limits are copied. */
struct observe	*observe_new(const struct throttle_limits *);
/* Ends all places; those who still wait there count as ones that wait. */
void		 observe_clear(struct observe *);
/* Frees it with its places.  NULL is allowed. */
void		 observe_free(struct observe *);

/* Its throttle, for what a reload does: throttle_inherit() and pauses. */
struct throttle	*observe_throttle(struct observe *);
/* Returns whether nothing is lost with it: no place, nothing spent. */
bool		 observe_is_idle(struct observe *, uint64_t now);

/* New limits, as throttle_limit() takes them; false without memory. */
bool		 observe_limit(struct observe *,
		    const struct throttle_limits *, const unsigned *moved,
		    uint64_t now) __attribute__((warn_unused_result));

/*
 * Asks for a request, as throttle_ask() does; of named parts and deposits its
 * own.  *place is its place, kept until observe_end(), or NULL where memory is
 * short: then it is not observed.  The pointer stays where it is until then.
 * What is held is counted in memory, unless that is NULL.
 */
void		 observe_ask(struct observe *, struct observed **place,
		    const struct throttle_request *, struct memory_holder *,
		    uint64_t now);

/* What became of it in reality; a place of NULL is none.  */

/* It was admitted. */
void		 observe_sent(struct observe *, struct observed *,
		    uint64_t now);
/* It was sent back to the queue after its answer. */
void		 observe_returned(struct observe *, struct observed *,
		    uint64_t now);
/* Its answer taught that; the first lesson counts. */
void		 observe_learn(struct observe *, struct observed *,
		    const struct lesson *, uint64_t longest, uint64_t now);
/* It gave its slot back. */
void		 observe_release_slot(struct observe *, struct observed *,
		    uint64_t now);

/* What it really used of named budgets (throttle_settle()); NULL: not known. */
void		 observe_used(struct observed *, const uint64_t *used);

enum observe_end {
	OBSERVE_DONE,		/* it gave all back */
	OBSERVE_REFUND,		/* and what it paid, having come to nothing */
	OBSERVE_REFUSED,	/* it never was admitted, by us */
	OBSERVE_GONE,		/* nor did it wait for that */
};

/*
 * It has ended; *place is NULL after that, or was.  Returns whether it was
 * admitted in the shadow by then.
 */
bool		 observe_end(struct observe *, struct observed **place,
		    enum observe_end, uint64_t now);

/*
 * Takes a request to another shadow, whose part moved[i] its part i is; to may be
 * NULL: it is not observed any more.
 */
void		 observe_move(struct observe *from, struct observe *to,
		    struct observed **place, const unsigned *moved,
		    uint64_t now);

/* What is decided of a place, as far as that is known. */
void		 observe_place(struct observe *, const struct observed *,
		    uint64_t now, struct observed_view *);

/* How it stands. */
struct observe_view {
	uint64_t		 decided[STATS_DECISIONS]; /* requests, ever */
	uint32_t		 waiting;
};
/* With all that was due by now (ns). */
void		 observe_view(struct observe *, uint64_t now,
		    struct observe_view *);

#endif
