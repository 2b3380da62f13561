/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_LESSON_H
#define SLUICE_LESSON_H

#include <stdbool.h>
#include <stdint.h>

#include "hint/hint.h"
#include "hint/refusal.h"
#include "http/http1.h"
#include "policy/rule.h"
#include "throttle/throttle.h"

/*
 * What an answer teaches of its host's limits: its fields (hint/hint.h), and
 * what its body says (hint/refusal.h), weighed by the host's rule.
 */

/* Of a part's name, as its host spells it: bytes, with its end. */
#define LESSON_PART	256

/* An answer, as far as its fields and its body do not say it. */
struct lesson_answer {
	const struct rule	*rule;		/* of its host */
	int			 status;
	bool			 tunnel;	/* to a CONNECT */
	/* Its request had been refused with "now", and was sent again. */
	bool			 hastened;
	/* A hash of the part's name; NULL: see lesson_names_part(). */
	const struct throttle_key *part;
	/* The request's; they stay as long as the lesson is used. */
	struct http1_str	 method;
	struct http1_str	 path;		/* with its query */
};

/* What a host says that it allows, all of it; 0: it does not say. */
struct lesson_allowed {
	uint64_t		 limit;		/* requests */
	uint64_t		 window;	/* ns, in which so many; the shortest */
	uint32_t		 concurrent;	/* at a time */
	bool			 partial;	/* of the named part alone */
	/* Of longer windows the one that allows the least for each time, if that
	   is less than the shortest does: */
	uint64_t		 longer_limit;
	uint64_t		 longer_window;
};

/* What a host says is left of what it allows; limit 0: it does not say. */
struct lesson_room {
	uint64_t		 limit;		/* requests */
	uint64_t		 left;		/* ... of which are left */
	uint64_t		 reset;		/* ns from now */
	bool			 refills;	/* all the time; full by then */
	bool			 partial;	/* of the named part alone */
};

struct lesson {
	int			 status;	/* of the answer */
	enum budget_verdict	 verdict;
	/* It speaks of the ticket's part only, if that has one, */
	bool			 partial;
	bool			 named;		/* which the host names: */
	/* (where it names no other, the part may be all there is) */
	bool			 general;
	struct throttle_key	 part;		/* by a hash of its name, */
	char			 name[THROTTLE_NAME]; /* for people, */
	char			 raw[LESSON_PART]; /* as it is; "": longer */
	struct http1_str	 method;	/* of the ticket's request */
	struct http1_str	 path;
	uint64_t		 pause;		/* ns from now; 0: none named */
	bool			 spent;		/* ... by what is used up */
	/* No pause was named, or, at once, "now", which is believed once: */
	bool			 backoff;
	bool			 at_once;
	bool			 again;		/* ... not to whom it was said */
	uint64_t		 base;		/* ns: to begin with */
	bool			 own_base;	/* of more than a bare 429 */
	/* A refusal that tells nothing of how many requests may go. */
	bool			 no_rate;
	bool			 shape;		/* what follows is known: */
	uint64_t		 left;		/* requests until */
	uint64_t		 reset;		/* ns from now */
	bool			 shape_partial;	/* of the named part */
	struct lesson_allowed	 allowed;
	struct lesson_room	 room;
	/* What the pause rests on, for people: the rule's, static, or NULL */
	const char		*source;
};

/* Returns whether the fields of an answer with that status are of use. */
bool		 lesson_reads(const struct rule *, int status);

/*
 * Returns whether the answer names a part of its host that counts: its hash is
 * the answer's part then.
 */
bool		 lesson_names_part(const struct lesson_answer *,
		    const struct hint *);

/*
 * Writes a part's name as people see it: cut, and nothing in it that a terminal
 * takes for its own.
 */
void		 lesson_show_part(char shown[THROTTLE_NAME], const char *name,
		    size_t len);

/*
 * Makes the lesson of an answer's head.  The hint is empty where the fields
 * are of no use.
 */
void		 lesson_of_head(struct lesson *, const struct lesson_answer *,
		    const struct hint *);

/* What it says of the part is said of the whole host: there is no other. */
void		 lesson_widen(struct lesson *);

/*
 * Returns whether nothing that the body might say can change the lesson: a
 * refusal that names its time.
 */
bool		 lesson_is_final(const struct lesson *);

/*
 * Picks the rules by which the answer's body is to be judged, as
 * refusal_pick() does, the configured ones first; path is the request's.  Those
 * that are built in hold where there is learning at all, and not for statuses
 * that are not to pause.  Returns how many there are, REFUSAL_RULES at most.
 */
unsigned	 lesson_bodies(const struct rule *, const struct http1_head *,
		    struct http1_str path,
		    const struct refusal_rule *picked[REFUSAL_RULES]);

/*
 * Makes of a head's lesson that of a request that was too large by itself: it
 * says nothing of the host's limits but what its fields do.
 */
void		 lesson_of_too_large(struct lesson *);

/* Makes of a head's lesson, and its hint, that of a body that refuses. */
void		 lesson_of_refusal(struct lesson *,
		    const struct lesson_answer *, const struct hint *,
		    const struct refusal *);

#endif
