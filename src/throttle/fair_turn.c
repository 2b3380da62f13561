/* SPDX-License-Identifier: ISC */

/*
 * In which order all will go: a rehearsal of what fair.c does with the flows of
 * one client after another.  Clients do not change each other's turns; the
 * lanes of one client do, because what it is served in one counts in all.
 */

#include "throttle/fair_turn.h"

#include <assert.h>

#include "throttle/fair.h"
#include "throttle/fair_flow.h"

FAIR_TREE(fair_waiters, fair_waiter, entry, fair_waiter_cmp)
FAIR_TREE(fair_clients, fair_client, entry, fair_client_cmp)

/* A flow, as far as it was rehearsed. */
struct cursor {
	unsigned		 lane;
	wide			 tag;
	struct fair_waiter	*next;	/* NULL: no more in the queue */
};

struct rehearsal {
	const struct fair	*q;
	wide			 vt;		/* the client's */
	struct cursor		 flows[FAIR_END];
	unsigned		 n;
	struct fair_waiter	*newcomer;	/* to come yet, or NULL */
};

/* Whom a flow serves next; NULL: nobody. */
static struct fair_waiter *
next_of(const struct rehearsal *r, const struct cursor *c)
{
	struct fair_waiter *w = r->newcomer;

	if (w == NULL || w->lane != c->lane)
		return c->next;
	if (c->next != NULL && fair_rank(c->next) <= fair_rank(w))
		return c->next;
	return w;
}

static void
begin(struct rehearsal *r, const struct fair *q, const struct fair_client *c,
    struct fair_waiter *newcomer)
{
	struct fair_flow *f;
	bool there = newcomer == NULL;

	r->q = q;
	r->n = 0;
	r->newcomer = newcomer;
	r->vt = c == NULL ? q->vt : wide_larger(c->vt, q->vt);
	if (c != NULL)
		LIST_FOREACH (f, &c->flows, of_client) {
			r->flows[r->n++] = (struct cursor){ f->lane,
			    fair_tag(f), RB_MIN(fair_waiters, &f->waiters) };
			there = there || f->lane == newcomer->lane;
		}
	if (!there)
		r->flows[r->n++] = (struct cursor){ newcomer->lane, r->vt,
		    NULL };
}

/* As fair_before() has it, of one client's. */
static bool
comes_before(const struct rehearsal *r, const struct cursor *a,
    const struct cursor *b)
{
	const struct fair_waiter *v = next_of(r, a), *w = next_of(r, b);
	unsigned level_v = fair_level(r->q, fair_rank(v));
	unsigned level_w = fair_level(r->q, fair_rank(w));

	if (level_v != level_w)
		return level_v < level_w;
	if (a->tag != b->tag)
		return a->tag < b->tag;
	return fair_waiter_cmp(v, w) < 0;
}

/* The turn of one flow was used: as fair_serve() and charge() have it. */
static void
serve(struct rehearsal *r, struct cursor *served,
    const struct fair_waiter *w, uint64_t weight)
{
	wide length = fair_turn_span(w->cost, weight), tag;
	unsigned i;

	r->vt = wide_sum(wide_larger(r->vt, served->tag), length);
	for (i = 0; i < r->n; i++) {
		tag = wide_sum(r->flows[i].tag, length);
		if (&r->flows[i] == served)
			r->flows[i].tag = tag;
		else if (r->flows[i].tag < r->vt)
			r->flows[i].tag = tag < r->vt ? tag : r->vt;
	}
	if (w == r->newcomer)
		r->newcomer = NULL;
	else
		served->next = RB_NEXT(fair_waiters, NULL, served->next);
}

/* Returns who is next, and sets its turn; NULL at the end. */
static struct fair_waiter *
step(struct rehearsal *r, uint64_t weight, wide *at)
{
	struct cursor *best = NULL;
	struct fair_waiter *w;
	unsigned i;

	for (i = 0; i < r->n; i++) {
		if (next_of(r, &r->flows[i]) == NULL)
			continue;
		if (best == NULL || comes_before(r, &r->flows[i], best))
			best = &r->flows[i];
	}
	if (best == NULL)
		return NULL;
	w = next_of(r, best);
	*at = best->tag;
	serve(r, best, w, weight);
	return w;
}

wide
fair_turn(struct fair *q, const struct fair_waiter *w, uint64_t now)
{
	const struct fair_client *c = fair_client(q, w->client);
	const struct fair_waiter *next, *asked = w;
	struct fair_waiter newcomer = *w;
	struct rehearsal r;
	wide at = 0;

	fair_tick(q, now);
	if (w->returned)
		return 0;
	if (w->flow == NULL)
		asked = &newcomer;
	begin(&r, q, c, w->flow == NULL ? &newcomer : NULL);
	do
		next = step(&r, c != NULL ? c->weight : w->weight, &at);
	while (next != asked && next != NULL);
	assert(next == asked);
	return at;
}

/* What decides between clients whose turns come at the same time. */
static uint64_t
client_seq(const struct fair *q, const struct fair_waiter *w)
{
	const struct fair_client *c = fair_client(q, w->client);

	return c != NULL ? c->seq : q->seq;
}

static uint64_t
arrival_seq(const struct fair_waiter *w)
{
	return w->flow != NULL ? w->seq : UINT64_MAX;
}

bool
fair_turn_before(const struct fair *q, const struct fair_waiter *a, wide at_a,
    const struct fair_waiter *b, wide at_b)
{
	unsigned level_a = fair_level(q, fair_rank(a));
	unsigned level_b = fair_level(q, fair_rank(b));

	if (a->returned != b->returned)
		return a->returned != q->returned_last;
	if (!a->returned && level_a != level_b)
		return level_a < level_b;
	if (!a->returned && at_a != at_b)
		return at_a < at_b;
	if (!a->returned && a->client != b->client)
		return client_seq(q, a) < client_seq(q, b);
	return fair_compare(fair_rank(a), fair_rank(b), arrival_seq(a),
	    arrival_seq(b)) < 0;
}

void
fair_turns(struct fair *q, uint64_t now,
    void (*each)(struct fair_waiter *, wide at, void *), void *arg)
{
	struct fair_waiter *w;
	struct fair_client *c;
	struct rehearsal r;
	unsigned lane;
	wide at;

	fair_tick(q, now);
	for (lane = 0; lane != FAIR_END; lane = fair_next_lane(q, lane))
		RB_FOREACH (w, fair_waiters, &fair_lane_at(q, lane)->returned)
			each(w, 0, arg);
	RB_FOREACH (c, fair_clients, &q->clients) {
		begin(&r, q, c, NULL);
		while ((w = step(&r, c->weight, &at)) != NULL)
			each(w, at, arg);
	}
}

size_t
fair_length_in(const struct fair *q, unsigned lane)
{
	return fair_const_lane_at(q, lane)->length;
}

size_t
fair_clients(const struct fair *q)
{
	return q->nclients - q->nowing;
}
