/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_JUDGE_H
#define SLUICE_EXCHANGE_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "exchange/relay_head.h"
#include "hint/hint.h"
#include "http/http1.h"
#include "policy/lesson.h"

/*
 * Answers that are held back while it is judged whether their bodies refuse.
 */

struct exchange;

/* An answer that was held back. */
struct held_answer {
	struct text		 head;		/* as it will be relayed */
	char			*body;		/* what came of it; owned */
	size_t			 len;		/* bytes */
	bool			 keep;		/* the exchange's, before */
};

/*
 * Holds an answer back whose body may refuse: true.  Then x->judging is set,
 * the lesson is given when that was judged, and the rest is called.
 */
bool		 exchange_judge(struct exchange *, const struct http1_head *,
		    const struct hint *, const struct lesson *);
/* Its head, as it will be relayed; false without memory. */
bool		 exchange_judge_head(struct exchange *,
		    const struct http1_head *, const struct relay_response *);
/* Takes a piece of its body, and returns how much of it. */
size_t		 exchange_judge_data(struct exchange *, const char *, size_t);
/* No more of it is judged. */
bool		 exchange_judge_full(const struct exchange *);
/* It is held no longer than until then (ns). */
uint64_t	 exchange_judge_until(const struct exchange *);
/*
 * Judges what has come, and gives the answer's one lesson: x->throttled tells
 * whether it refuses.  The answer is the caller's then, to be given to
 * exchange_judge_free().
 */
void		 exchange_judge_end(struct exchange *, struct held_answer *);
void		 exchange_judge_free(struct exchange *, struct held_answer *);
/* The exchange ends before that. */
void		 exchange_judge_drop(struct exchange *);

#endif
