/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LEASE_LEARN_H
#define SLUICE_LEASE_LEARN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "throttle/estimate_save.h"

/*
 * One estimate (estimate.h) for several proxies.  What each of them learned of a
 * host that all use would be what the others leave of its limits.  So a grantor
 * (a script in a store) keeps what is known, as text, and lends it to one proxy
 * at a time: who has the loan is admitted by that estimate, and nobody else is;
 * it writes back what it has learned, and passes the loan on when another one
 * waits for it.  So all evidence is of all of them together, one request asks
 * for all whether the host is open again, and one for all whether there is more.
 *
 * While the host has refused nobody and named nothing, there is no text, and any
 * number of proxies have a pass.  The first one that learns something offers it.
 *
 * What an operator orders at any of them, that the host be asked again, or all be
 * forgotten, is told with its instant, and done to what is known by whoever has
 * that, or has it next.
 *
 * A loan ends by itself.  Who has one lets no more requests go than it has
 * written that it may (ahead) beyond what the text says; if it is gone, the next
 * one takes those for admitted.
 *
 * Times are in ns; those of the grantor's clock are named so.  Calls nobody,
 * allocates nothing.
 */

#define LEARN_HOLDERS	128
#define LEARN_ALL	UINT32_MAX	/* lost: it is not known how much */

struct lease_learn_question {
	uint64_t	 holder;	/* who; not 0 */
	uint64_t	 number;	/* of its questions */
	uint64_t	 known;		/* the last loan that it had; or 0 */
	bool		 has;		/* ... and has still */
	bool		 returns;	/* ... until now */
	bool		 wants;		/* somebody waits there */
	uint64_t	 ahead;		/* goes beyond the text, at most */
	uint64_t	 flying;	/* on their way from there */
	uint64_t	 ttl;		/* ns: a loan, or a pass, is for that */
	uint64_t	 memory;	/* ns: a store keeps it for so long */
	/* Of all that went by passes, so much is in its text; and of those that
	   came back after a refusal. */
	uint64_t	 merged;
	uint64_t	 merged_late;
	/* Went from there by passes, the first one so long ago (ns); 0: none,
	   or those are not all answered yet. */
	uint64_t	 went;
	uint64_t	 late;		/* ... back after a refusal there */
	uint64_t	 began;
	uint64_t	 heeded;	/* grantor's: the last order that is in
					   what it knows; or 0 */
	uint64_t	 orders;	/* ns: so long ago one was given there; 0 */
	bool		 renews;	/* ... to forget all */
	/* What it knows as of now; NULL: nothing new.  The asker's. */
	const char	*text;
};

struct lease_learn_answer {
	uint64_t	 now;		/* grantor's */
	bool		 known;		/* there is a text */
	bool		 free;		/* it has a pass */
	uint64_t	 serial;	/* of its loan; 0: it has none */
	uint64_t	 ends;		/* grantor's: of the loan or pass */
	/* With a new loan: what is known, and when that was so (grantor's);
	   NULL: it knows that itself.  The grantor's, until the next call. */
	const char	*text;
	uint64_t	 written;
	uint64_t	 lost;		/* may have been admitted since */
	uint64_t	 merged;	/* is in that, of those that */
	uint64_t	 went;		/* ... went by passes from others, */
	uint64_t	 merged_late;	/* the same, of those that */
	uint64_t	 late;		/* ... were back after a refusal */
	uint64_t	 began;		/* grantor's: the first one then */
	uint64_t	 abroad;	/* on their way from others */
	bool		 others;	/* others wait for the loan */
	uint64_t	 ordered;	/* grantor's: the last order; or 0 */
	uint64_t	 renewed;	/* ... to forget all */
	uint64_t	 heeded;	/* ... that is in the text */
	uint64_t	 again_at;	/* grantor's: ask again then; or 0 */
};

/* A proxy that was heard of lately. */
struct lease_learner {
	uint64_t	 id;		/* 0: nobody */
	uint64_t	 until;		/* grantor's: is alive until then */
	uint64_t	 since;		/* grantor's: waits since then; or 0 */
	uint64_t	 flying;
	bool		 told;		/* what went from there by passes */
};

struct lease_learn {
	uint64_t	 run;		/* of the process that keeps it */
	uint64_t	 newest;	/* grantor's: the last instant */
	uint64_t	 quarantine;	/* grantor's: nobody has any before */
	bool		 known;		/* there is a text */
	char		 text[ESTIMATE_SAVED];
	uint64_t	 written;	/* grantor's */
	uint64_t	 writer;	/* who */
	uint64_t	 lost;		/* besides what the text says */
	uint64_t	 merged;
	uint64_t	 went;
	uint64_t	 merged_late;
	uint64_t	 late;
	uint64_t	 began;		/* grantor's */
	uint64_t	 ordered;	/* grantor's; as in answers */
	uint64_t	 renewed;
	uint64_t	 heeded;
	uint64_t	 serial;	/* of the last loan */
	uint64_t	 holder;	/* who has it; 0: nobody */
	uint64_t	 number;	/* its last question */
	uint64_t	 ahead;
	uint64_t	 ends;		/* grantor's */
	uint64_t	 passed;	/* grantor's: nobody has it since */
	struct lease_learner learners[LEARN_HOLDERS];
};

/* Makes one that knows nothing. */
void		 lease_learn_init(struct lease_learn *);

/*
 * Answers.  Where another run keeps it than before, or its clock was set back,
 * what was written last may be lost: nobody has a new loan or pass for a ttl, so
 * that those that are there end, or tell what they know.
 */
void		 lease_learn_grant(struct lease_learn *,
		    const struct lease_learn_question *, uint64_t run,
		    uint64_t now, struct lease_learn_answer *);

#endif
