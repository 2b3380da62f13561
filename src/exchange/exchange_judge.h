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
 * Answers that are held back while it is judged whether their bodies refuse, or
 * say that it is of no use to send the request again.
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
 * Holds an answer back whose body may refuse, with its hint and the lesson of
 * its head.  Returns false where it is to be relayed as it comes; else
 * x->judging is set, the rest here is called, and the lesson is given when the
 * body was judged.
 */
bool		 exchange_judge(struct exchange *, const struct http1_head *,
		    const struct hint *, const struct lesson *);
/*
 * The same for a refusal whose lesson was given by its head, before its request
 * is sent again: its body may say that this is of no use (x->no_retry).  No
 * lesson is given then.  Returns whether it is held back for that.
 */
bool		 exchange_judge_retry(struct exchange *,
		    const struct http1_head *);
/* Keeps its head as it will be relayed.  Returns false without memory. */
bool		 exchange_judge_head(struct exchange *,
		    const struct http1_head *, const struct relay_response *);
/* Keeps a piece of its body.  Returns how many bytes of it. */
size_t		 exchange_judge_data(struct exchange *, const char *, size_t);
/* Returns whether no more of it is judged. */
bool		 exchange_judge_full(const struct exchange *);
/* Returns until when (ns) it may be held. */
uint64_t	 exchange_judge_until(const struct exchange *);
/*
 * Judges what has come, and gives the answer's one lesson: x->throttled tells
 * whether it refuses for a limit, x->no_retry whether for good.  The answer is
 * the caller's then, to be given to exchange_judge_free().
 */
void		 exchange_judge_end(struct exchange *, struct held_answer *);
void		 exchange_judge_free(struct exchange *, struct held_answer *);
/* The exchange ends before that: the lesson is that of the head alone. */
void		 exchange_judge_drop(struct exchange *);

#endif
