/* SPDX-License-Identifier: ISC */
#ifndef CHECK_ESTIMATE_SIM_EVENTS_H
#define CHECK_ESTIMATE_SIM_EVENTS_H

#include <stdlib.h>

#include "throttle/lease_account.h"
#include "throttle/lease_learn.h"
#include "throttle/lease_slots.h"
#include "throttle/throttle.h"
#include "throttle/throttle_estimate.h"

/*
 * What is tried on a clock that is only a number, what came of it, and what
 * happens in between: events, in the order of their times.
 */

#define U	THROTTLE_UNIT
#define MS	1000000ULL
#define SEC	1000000000ULL
#define NEVER	THROTTLE_NEVER
#define BEGIN	(1000 * SEC)	/* of a trial */

/* An assertion of Check itself leaves a trace each time: too slow here. */
#define must(x)	do { if (!(x)) \
	ck_abort_msg("line %d: %s", __LINE__, #x); } while (0)

enum kind {
	FIXED,			/* n in w, from a phase on */
	SLIDING,		/* n in any w */
	BUCKET,			/* n per w, burst at once */
	COUNTED,		/* n in w: those since a phase, and of those
				   between the one before and that a part */
	SLOTS,			/* n at a time, each takes w */
};

/* What a host's answers say of its limit. */
enum fields {
	SILENT,
	LEFT,			/* n, what is left, reset in whole seconds */
	WINDOW,			/* ... and w */
	DATED,			/* as LEFT, but an instant in whole seconds, beside
				   a Date, which are those that are over */
};

/* One limit of a host. */
struct origin_limit {
	enum kind	 kind;
	uint64_t	 n;
	uint64_t	 w;		/* ns */
	uint64_t	 burst;		/* 0: n */
	bool		 greedy;	/* it counts the refused ones, too */
	/* what it has counted */
	uint64_t	 phase;		/* ns */
	uint64_t	 window;	/* which */
	uint64_t	 count;
	uint64_t	 before;	/* count, of the window before */
	uint64_t	*log;		/* ring of n instants */
	uint64_t	 at;		/* in the ring */
	double		 tokens;
	uint64_t	 last;
};

/* What is tried. */
struct trial {
	struct origin_limit limits[2];
	unsigned	 nlimits;
	unsigned	 clients;
	unsigned	 proxies;	/* that know nothing of each other, */
	bool		 shared;	/* ... but by a store */
	uint32_t	 slots;		/* that the rule allows, of all; 0: any */
	uint64_t	 trip;		/* ns: to the store and back */
	unsigned	 lossy;		/* percent of what is said to it */
	uint64_t	 newcomer;	/* ns: the last proxy's clients begin */
	uint64_t	 killed;	/* ns: the first is started anew, then */
	uint64_t	 every;		/* ns: ... and that often; 0: once */
	bool		 parts;		/* ... having given back what it has */
	uint64_t	 resumed;	/* ns: it is open, as is ordered where no
					   loan is */
	uint64_t	 held;		/* ns: an operator has the first one
					   send hardly any, from then on, */
	uint64_t	 unheld;	/* ns: ... until then */
	uint64_t	 emptied;	/* ns: the store is, and it is a new one */
	uint64_t	 away;		/* ns: nobody reaches it from then on, */
	uint64_t	 back;		/* ns: ... until then */
	enum lease_source without;	/* ... and holds so long */
	uint64_t	 total;		/* requests */
	uint64_t	 latency;	/* ns, there and back */
	uint64_t	 jitter;	/* ns, each way at most */
	uint64_t	 work;		/* ns: on what it admits, then it answers */
	unsigned	 quick;		/* percent that it answers at once */
	bool		 uneven;	/* work is a mean, of any lengths */
	uint64_t	 upload;	/* ns: of the first client, each */
	uint64_t	 within;	/* ns: it is taken to have counted one */
	bool		 poisson;	/* arrivals, half more than it allows */
	bool		 names;		/* Retry-After, in whole seconds */
	enum fields	 fields;	/* of all answers, of the first limit */
	uint64_t	 others;	/* a share of the key, in percent */
	uint64_t	 others_until;	/* ns: they leave then; 0: never */
	uint64_t	 watched;	/* ns: out.watched counts since */
	bool		 knows;		/* the throttle was told the limit */
	/* the limit is another one from then on */
	uint64_t	 changed;	/* ns; 0: never */
	uint64_t	 changed_n;
	/* it refuses all, from then until then */
	uint64_t	 down;		/* ns */
	uint64_t	 down_until;	/* ns; 0: never */
	uint64_t	 seed;
	uint64_t	 until;		/* ns: ends then; 0: with the last one */
};

struct outcome {
	uint64_t	 refused;	/* in all */
	uint64_t	 at_first;	/* ... that were on their way then */
	uint64_t	 questions;	/* ... that only asked for more */
	uint64_t	 late;		/* ... in the second half */
	uint64_t	 done;
	uint64_t	 time;		/* ns, of the last answer */
	uint64_t	 tail_done;	/* in the last quarter of until */
	uint64_t	 watched;	/* since trial.watched */
	uint64_t	 new_refused;	/* of the newcomer's */
	uint64_t	 asked;		/* of the store */
	uint64_t	 by[8];		/* done, of each proxy */
};

/* Events */

enum what { ARRIVE, SENT, COUNT, FINISH, ANSWER, WAKE, OTHER, ROUND, ASKED,
	TOLD, KILL, RESUME, HOLD, UNHOLD, EMPTY, AWAY, BACK };

struct event {
	uint64_t	 at;
	uint64_t	 seq;
	enum what	 what;
	unsigned	 i;
	unsigned	 life;		/* of that */
};

struct sim_client {
	struct throttle_waiter w;
	uint64_t	 left;
	uint64_t	 arrival;	/* ns; the next, where poisson */
	uint64_t	 random;	/* its arrivals' */
	uint64_t	 wait;		/* ns; Retry-After */
	uint64_t	 room;		/* what its answer says is left */
	uint64_t	 reset;		/* ns; ... until then */
	bool		 ok;
	bool		 stale;		/* on its way at the first refusal */
	unsigned	 life;		/* counts those of its proxy */
};

#define PROXIES	8
#define LETTERS	256

struct sim_proxy {
	struct throttle	*t;
	uint64_t	 wake;		/* ns */
	uint64_t	 round;		/* ns */
	unsigned	 life;
	bool		 heard;
};

/* To the store, and back. */
struct sim_letter {
	bool		 used;
	unsigned	 proxy;
	uint64_t	 sent;
	bool		 lost;
	unsigned	 budget;	/* of slots, where they ask for those: */
	struct lease_slots_question slots;	/* its holder 0: it learns */
	struct lease_slots_answer lent;
	struct lease_learn_question q;
	struct lease_learn_answer a;
	char		 text[ESTIMATE_SAVED];
	char		 told[ESTIMATE_SAVED];
};

struct sim_store {
	struct lease_learn g;
	struct lease_slots_grantor slots;
	struct lease_slots_holder holders[LEARN_HOLDERS];
	uint64_t	 run;
	uint64_t	 ids;
	bool		 away;
	struct sim_letter letters[LETTERS];
};

struct sim {
	struct trial	*trial;
	struct sim_proxy p[PROXIES];
	struct sim_client *c;
	struct event	*heap;
	size_t		 n, size;
	uint64_t	 seq, start, now, random;
	uint64_t	 gap;		/* ns between arrivals of a client */
	uint64_t	 clock;		/* ns; what the host's has beside ours */
	bool		 was_refused;
	struct sim_store *store;	/* NULL: nothing is shared */
	struct outcome	 out;
};

static double
any_of(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (double)(*state >> 11) / 9007199254740992.0;
}

static double
any(struct sim *s)
{
	return any_of(&s->random);
}

static bool
before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static void
later_of(struct sim *s, uint64_t at, enum what what, unsigned i,
    unsigned life)
{
	struct event e = { at, s->seq++, what, i, life };
	size_t k;

	if (s->n == s->size) {
		s->size = s->size ? 2 * s->size : 1024;
		s->heap = realloc(s->heap, s->size * sizeof *s->heap);
		must(s->heap != NULL);
	}
	for (k = s->n++; k > 0 && before(&e, &s->heap[(k - 1) / 2]);
	    k = (k - 1) / 2)
		s->heap[k] = s->heap[(k - 1) / 2];
	s->heap[k] = e;
}

static void
later(struct sim *s, uint64_t at, enum what what, unsigned i)
{
	later_of(s, at, what, i, what >= WAKE ? 0 : s->c[i].life);
}

static struct event
first_event(struct sim *s)
{
	struct event e = s->heap[0], last = s->heap[--s->n];
	size_t k = 0, child;

	while ((child = 2 * k + 1) < s->n) {
		if (child + 1 < s->n &&
		    before(&s->heap[child + 1], &s->heap[child]))
			child++;
		if (!before(&s->heap[child], &last))
			break;
		s->heap[k] = s->heap[child];
		k = child;
	}
	s->heap[k] = last;
	return e;
}

#endif
