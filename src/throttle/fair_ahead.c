/* SPDX-License-Identifier: ISC */

/*
 * The cost that is ahead of a waiter: of its own client's waiters those in the
 * trees of its flows, of other clients' what the chart of their lane tells.
 */

#include "throttle/fair_ahead.h"

#include <assert.h>

#include "throttle/fair.h"
#include "throttle/fair_chart.h"
#include "throttle/fair_flow.h"

/* The cost of those in a tree that go before a rank. */
static wide
waiters_before(const struct fair_waiters *tree, uint64_t at, uint64_t seq)
{
	const struct fair_waiter *w = RB_ROOT(tree);
	wide sum = 0;

	while (w != NULL) {
		if (fair_compare(fair_rank(w), at, w->seq, seq) >= 0) {
			w = RB_LEFT(w, entry);
			continue;
		}
		sum += w->cost;
		if (RB_LEFT(w, entry) != NULL)
			sum += RB_LEFT(w, entry)->sum;
		w = RB_RIGHT(w, entry);
	}
	return sum;
}

struct ahead {
	const struct fair_client *client;	/* NULL: not known yet */
	const struct fair_waiter *w;
	uint64_t		 rank;
	uint64_t		 seq;
	wide			 tag;		/* of the waiter's flow */
	wide			 start;		/* of the waiter */
};

/*
 * What the waiter's own client has before it in a lane.  Where urgency is
 * trusted, groups that move may turn the order of lanes.
 */
static wide
ahead_own(const struct fair *q, const struct ahead *a, unsigned lane)
{
	const struct fair_flow *f;

	if (q->trust && lane != a->w->lane)
		return 0;
	f = a->client == NULL ? NULL : fair_flow_of(a->client, lane);
	if (f == NULL || fair_tag(f) > a->tag)
		return 0;
	return waiters_before(&f->waiters, a->rank, a->seq);
}

static wide
ahead_others(const struct fair *q, const struct ahead *a, unsigned lane)
{
	const struct fair_lane *l = fair_const_lane_at(q, lane);
	const struct fair_flow *f;
	wide at = a->start - l->groups[0].moved;
	wide area;

	if (q->trust || RB_EMPTY(&l->starts))
		return 0;
	area = fair_chart_at(l, at);
	f = a->client == NULL ? NULL : fair_flow_of(a->client, lane);
	if (f != NULL)
		area -= fair_chart_bar_at(&f->bar, at);
	return area / FAIR_WEIGHT;
}

/* These may be put behind others at any time (fair_returned_last()). */
static wide
ahead_returned(const struct fair *q, const struct ahead *a, unsigned lane)
{
	return a->w->returned ? waiters_before(
	    &fair_const_lane_at(q, lane)->returned, a->rank, a->seq) : 0;
}

/* When the waiter is to start, behind a cost of its own client, at least. */
static void
ahead_start(struct ahead *a, wide own)
{
	uint64_t weight = a->w->flow != NULL ? a->w->flow->client->weight :
	    a->w->weight;
	wide length = fair_span(own, weight), inexact = 0;

	if (FAIR_WEIGHT % weight != 0 && a->client != NULL)
		inexact = a->client->length;
	a->start = a->tag;
	if (length > inexact)
		a->start = wide_sum(a->tag, length - inexact);
}

/* The next of the lanes that are asked for: all, or that one. */
static unsigned
after(const struct fair *q, unsigned asked, unsigned lane)
{
	return asked == FAIR_ALL ? fair_next_lane(q, lane) : FAIR_END;
}

wide
fair_ahead(struct fair *q, const struct fair_waiter *w, unsigned lane,
    uint64_t now)
{
	unsigned i, first = lane == FAIR_ALL ? 0 : lane;
	struct ahead a = { .w = w, .rank = fair_rank(w), .tag = q->vt };
	wide own, more, sum = 0;
	const struct fair_flow *f = NULL;

	assert(fair_has_lane(q, w->lane) &&
	    (lane == FAIR_ALL || fair_has_lane(q, lane)));
	fair_tick(q, now);
	a.seq = w->flow != NULL ? w->seq : UINT64_MAX;
	for (i = first; i != FAIR_END; i = after(q, lane, i))
		sum += ahead_returned(q, &a, i);
	if (w->returned)
		return sum;
	a.client = fair_client(q, w->client);
	if (a.client != NULL) {
		a.tag = wide_larger(a.client->vt, q->vt);
		f = fair_flow_of(a.client, w->lane);
	}
	if (f != NULL)
		a.tag = fair_tag(f);
	own = ahead_own(q, &a, w->lane);
	for (i = first; i != FAIR_END; i = after(q, lane, i)) {
		more = ahead_own(q, &a, i);
		sum += more;
		if (i != w->lane && a.client != NULL && a.client->vt >= a.tag)
			own += more;
	}
	ahead_start(&a, own);
	for (i = first; i != FAIR_END; i = after(q, lane, i))
		sum += ahead_others(q, &a, i);
	return sum;
}

