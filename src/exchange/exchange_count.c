/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_count.h"

#include "conf/conf.h"

_Static_assert((int)ACCESS_FORWARDED == STATS_FORWARDED &&
    (int)ACCESS_REFUSED == STATS_REFUSED &&
    (int)ACCESS_UPSTREAM_ERROR == STATS_UPSTREAM_ERROR,
    "outcomes are counted by their number");
_Static_assert((int)FAILURES <= STATS_ERRORS,
    "failures are counted by their number");

void
exchange_count_begin(struct exchange *x)
{
	x->counts = stats_of(x->exchanges->loop->stats,
	    x->ticket.rule->series);
}

void
exchange_count_end(struct exchange *x, enum access_outcome outcome)
{
	struct stats_block *b = x->counts;

	stats_add(&b->requests[outcome], 1);
	stats_add(&b->cost, x->cost);
	if (outcome == ACCESS_REFUSED || outcome == ACCESS_ABORTED)
		stats_add(&b->refusals[x->refusal], 1);
}

void
exchange_count_refused(struct exchanges *all, const struct rule *rule,
    enum stats_refusal why)
{
	struct stats_block *b = stats_of(all->loop->stats, rule->series);

	stats_add(&b->requests[STATS_REFUSED], 1);
	stats_add(&b->refusals[why], 1);
}

void
exchange_count_wait(struct exchange *x, bool admitted, uint64_t now)
{
	stats_observe(&x->counts->wait, now - x->queued);
	if (!admitted)
		return;
	x->cost += x->ticket.waiter.fair.cost;
	x->forwarded = now;
}

void
exchange_count_response(struct exchange *x, int status, uint64_t now)
{
	/* RFC 9110 15: beyond 599 is a failure of the server */
	unsigned class = (unsigned)status / 100 - 1;

	stats_add(&x->counts->responses[class < STATS_CLASSES ? class :
	    STATS_CLASSES - 1], 1);
	if (status >= 200 || status == 101)
		stats_observe(&x->counts->upstream, now - x->forwarded);
}

void
exchange_count_throttled(struct exchange *x, int status)
{
	stats_add(&x->counts->throttled[stats_throttled_slot(status)], 1);
}

enum stats_refusal
exchange_refusal_of(int status)
{
	switch (status) {
	case 403:
		return STATS_ACCESS_CLIENT;
	case 408:
		return STATS_TOO_SLOW;
	case 413:
	case 414:
	case 431:
		return STATS_TOO_LARGE;
	case 500:
		return STATS_OTHER_REFUSAL;
	case 503:
		return STATS_NO_MEMORY;
	default:
		return STATS_MALFORMED;
	}
}
