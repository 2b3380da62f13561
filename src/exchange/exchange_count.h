/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_COUNT_H
#define SLUICE_EXCHANGE_COUNT_H

#include "base/stats.h"
#include "exchange/access.h"
#include "exchange/exchange_state.h"
#include "net/failure.h"

/*
 * What is counted of exchanges, each event where it happens: once.  An exchange
 * knows the counters of its rule on its own thread, so that counting is an
 * addition.
 */

/* By its rule from now on. */
void		 exchange_count_begin(struct exchange *);
/* Ended so; once. */
void		 exchange_count_end(struct exchange *, enum access_outcome);
/* One that never was an exchange was refused. */
void		 exchange_count_refused(struct exchanges *,
		    const struct rule *, enum stats_refusal);

/* It need not wait any more; admitted: it may go. */
void		 exchange_count_wait(struct exchange *, bool admitted,
		    uint64_t now);
/* An upstream has begun to answer with that status. */
void		 exchange_count_response(struct exchange *, int status,
		    uint64_t now);
/* The answer with that status was a refusal for a limit. */
void		 exchange_count_throttled(struct exchange *, int status);

/* Returns what a refusal with that status is for, if no more is known. */
enum stats_refusal exchange_refusal_of(int status);

/* Bytes of a body or tunnel. */
static inline void
exchange_count_in(struct exchange *x, size_t n)
{
	x->in += n;
	stats_add(&x->counts->bytes[STATS_IN], n);
}

static inline void
exchange_count_out(struct exchange *x, size_t n)
{
	x->out += n;
	stats_add(&x->counts->bytes[STATS_OUT], n);
}

#endif
