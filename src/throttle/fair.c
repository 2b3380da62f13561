/* SPDX-License-Identifier: ISC */

/*
 * A client lives from its first waiter until it has none and owes nothing.  For
 * each lane where it has waiters it has a flow: those waiters in the client's
 * order, and a start tag, the virtual time at which the first of them is to be
 * served.  The flow with the least tag is next; serving it moves the tag by the
 * waiter's span, cost / weight.  The queue's virtual time is the largest start
 * tag that was served.
 *
 * A client's virtual time is the tag that it would get in a lane where it has
 * no flow.  What it is served in one lane moves that and its tags in others,
 * but none of these beyond it.
 *
 * Flows are ordered in groups: one for each lane, or where urgency is trusted
 * one for each lane and level.  A group that was held up, or had more urgent
 * ones before it, must not fall behind the virtual time: its flows would keep
 * those that come anew waiting until they had caught up.  So all of it is moved
 * up together, by a number that its tags are relative to.
 */

#include "throttle/fair.h"

#include <assert.h>
#include <stdlib.h>

#include "throttle/fair_chart.h"
#include "throttle/fair_flow.h"

/* The flow of all who were returned; nothing of it is used. */
static struct fair_flow returned_flow;

static int
order_cmp(const struct fair_flow *a, const struct fair_flow *b)
{
	return fair_compare(a->tag, b->tag, a->client->seq, b->client->seq);
}

static int
due_cmp(const struct fair_flow *a, const struct fair_flow *b)
{
	if (a->due != b->due || a->client != b->client)
		return fair_compare(a->due, b->due, a->client->seq,
		    b->client->seq);
	return a->lane < b->lane ? -1 : a->lane > b->lane;
}

static int
owing_cmp(const struct fair_client *a, const struct fair_client *b)
{
	return fair_compare(a->vt, b->vt, a->seq, b->seq);
}

/* Makes the sum of a node, from its own cost and those of its children. */
static void
waiter_sum(struct fair_waiter *w)
{
	const struct fair_waiter *left = RB_LEFT(w, entry);
	const struct fair_waiter *right = RB_RIGHT(w, entry);

	w->sum = w->cost;
	if (left != NULL)
		w->sum += left->sum;
	if (right != NULL)
		w->sum += right->sum;
}

FAIR_TREE(fair_order, fair_flow, entry, order_cmp)
FAIR_TREE(fair_dues, fair_flow, by_due, due_cmp)
FAIR_TREE(fair_clients, fair_client, entry, fair_client_cmp)
FAIR_TREE(fair_owing, fair_client, by_vt, owing_cmp)

/* FAIR_TREE() takes this as it stands then. */
#undef RB_AUGMENT
#define RB_AUGMENT(x)	waiter_sum(x)
FAIR_TREE(fair_waiters, fair_waiter, entry, fair_waiter_cmp)
#undef RB_AUGMENT

/*
 * tree.h makes new sums where it turns a tree, but not all the way up from what
 * was put in or taken out.
 */
static void
waiters_add(struct fair_waiters *tree, struct fair_waiter *w)
{
	RB_INSERT(fair_waiters, tree, w);
	for (; w != NULL; w = RB_PARENT(w, entry))
		waiter_sum(w);
}

static void
waiters_remove(struct fair_waiters *tree, struct fair_waiter *w)
{
	struct fair_waiter *parent = RB_PARENT(w, entry);

	RB_REMOVE(fair_waiters, tree, w);
	for (; parent != NULL; parent = RB_PARENT(parent, entry))
		waiter_sum(parent);
}

/* Puts a flow with waiters where it belongs by its first waiter. */
static void
flow_in(struct fair *q, struct fair_flow *f, wide tag)
{
	const struct fair_waiter *w = RB_MIN(fair_waiters, &f->waiters);
	struct fair_group *g;
	uint64_t at;
	unsigned steps;

	assert(w != NULL);
	at = fair_rank(w);
	steps = fair_level(q, at);
	g = &fair_lane_at(q, f->lane)->groups[steps];
	if (RB_EMPTY(&g->order)) {
		g->moved = 0;
		LIST_INSERT_HEAD(&q->groups, g, entry);
	}
	f->group = g;
	f->tag = tag > g->moved ? tag - g->moved : 0;
	RB_INSERT(fair_order, &g->order, f);
	f->due = 0;
	if (steps > 0) {
		f->due = at - (steps - 1) * FAIR_AGE;
		RB_INSERT(fair_dues, &q->dues, f);
	}
}

static void
flow_out(struct fair *q, struct fair_flow *f)
{
	RB_REMOVE(fair_order, &f->group->order, f);
	if (RB_EMPTY(&f->group->order))
		LIST_REMOVE(f->group, entry);
	if (f->due != 0)
		RB_REMOVE(fair_dues, &q->dues, f);
	f->due = 0;
}

/* Another waiter may be the first. */
static void
flow_regroup(struct fair *q, struct fair_flow *f)
{
	wide tag = fair_tag(f);

	flow_out(q, f);
	flow_in(q, f, tag);
}

static void
flow_move(struct fair_flow *f, wide tag)
{
	wide relative = tag - f->group->moved;

	if (relative == f->tag)
		return;
	RB_REMOVE(fair_order, &f->group->order, f);
	f->tag = relative;
	RB_INSERT(fair_order, &f->group->order, f);
}

/*
 * Takes note of the time.  Each flow is moved at most once for each level of
 * each of its firsts.
 */
void
fair_tick(struct fair *q, uint64_t now)
{
	struct fair_flow *f;

	if (now > q->now)
		q->now = now;
	while ((f = RB_MIN(fair_dues, &q->dues)) != NULL && f->due <= q->now)
		flow_regroup(q, f);
}

/* A flow that is in no group yet. */
static struct fair_flow *
flow_new(struct fair_client *c, unsigned lane)
{
	struct fair_flow *f = calloc(1, sizeof *f);

	if (f == NULL)
		return NULL;
	f->client = c;
	f->lane = lane;
	RB_INIT(&f->waiters);
	LIST_INSERT_HEAD(&c->flows, f, of_client);
	return f;
}

static void
client_free(struct fair *q, struct fair_client *c)
{
	if (c->owes) {
		RB_REMOVE(fair_owing, &q->owing, c);
		q->nowing--;
	}
	RB_REMOVE(fair_clients, &q->clients, c);
	q->nclients--;
	free(c);
}

/* One that is about to get waiters or debts; client_settle() is to follow. */
static struct fair_client *
client_get(struct fair *q, uint64_t id, uint32_t weight)
{
	struct fair_client *c = fair_client(q, id);

	if (c == NULL) {
		c = calloc(1, sizeof *c);
		if (c == NULL)
			return NULL;
		c->id = id;
		c->seq = q->seq++;
		LIST_INIT(&c->flows);
		RB_INSERT(fair_clients, &q->clients, c);
		q->nclients++;
	}
	if (c->owes) {
		RB_REMOVE(fair_owing, &q->owing, c);
		q->nowing--;
		c->owes = false;
	}
	c->vt = wide_larger(c->vt, q->vt);
	c->weight = weight;
	return c;
}

/*
 * Remembers a client without waiters as long as it owes; else it had only to
 * leave and come again for each turn.  Of too many, those that owe least go.
 */
static void
client_settle(struct fair *q, struct fair_client *c)
{
	size_t most = FAIR_REMEMBERED;

	if (c->length != 0)
		return;
	if (c->vt <= q->vt) {
		client_free(q, c);
		return;
	}
	c->owes = true;
	RB_INSERT(fair_owing, &q->owing, c);
	q->nowing++;
	if (q->nclients - q->nowing > most)
		most = q->nclients - q->nowing;
	while (q->nowing > most &&
	    (c = RB_MIN(fair_owing, &q->owing)) != NULL)
		client_free(q, c);
}

/* Where nobody waits, nobody was kept waiting by what others were served. */
static void
forget(struct fair *q)
{
	struct fair_client *c;

	while ((c = RB_MIN(fair_owing, &q->owing)) != NULL)
		client_free(q, c);
	q->vt = 0;
}

/* Moves the queue's virtual time, and all that must not fall behind it. */
static void
advance(struct fair *q, wide vt)
{
	struct fair_client *c;
	struct fair_group *g;
	struct fair_flow *f;

	if (vt <= q->vt)
		return;
	q->vt = vt;
	while ((c = RB_MIN(fair_owing, &q->owing)) != NULL && c->vt <= vt)
		client_free(q, c);
	LIST_FOREACH (g, &q->groups, entry) {
		f = RB_MIN(fair_order, &g->order);
		if (f != NULL && fair_tag(f) < vt)
			g->moved += vt - fair_tag(f);
	}
}

/* Moves a client's virtual time by a turn that began at start. */
static void
charge(struct fair_client *c, wide start, wide length,
    const struct fair_flow *but)
{
	struct fair_flow *f;
	wide tag;

	c->vt = wide_sum(wide_larger(c->vt, start), length);
	LIST_FOREACH (f, &c->flows, of_client) {
		if (f == but)
			continue;
		tag = fair_tag(f);
		if (tag < c->vt)
			flow_move(f, wide_sum(tag, length) < c->vt ?
			    wide_sum(tag, length) : c->vt);
	}
}

struct fair *
fair_new(unsigned lanes, bool trust)
{
	struct fair *q;

	assert(lanes > 0 && lanes <= FAIR_LANES);
	q = calloc(1, sizeof *q + lanes * sizeof q->lanes[0]);
	if (q == NULL)
		return NULL;
	q->nlanes = lanes;
	q->trust = trust;
	return q;
}

bool
fair_lane(struct fair *q, unsigned lane)
{
	struct fair_lane **at;

	if (lane < FAIR_LANES)
		return lane < q->nlanes;
	assert(lane < FAIR_END);
	if (q->more == NULL)
		q->more = calloc(FAIR_MORE, sizeof q->more[0]);
	if (q->more == NULL)
		return false;
	at = &q->more[lane - FAIR_LANES];
	if (*at == NULL)
		*at = calloc(1, sizeof **at);
	return *at != NULL;
}

unsigned
fair_next_lane(const struct fair *q, unsigned lane)
{
	if (++lane < q->nlanes)
		return lane;
	if (q->more == NULL)
		return FAIR_END;
	if (lane < FAIR_LANES)
		lane = FAIR_LANES;
	while (lane < FAIR_END && !fair_has_lane(q, lane))
		lane++;
	return lane;
}

void
fair_free(struct fair *q)
{
	unsigned i;

	if (q == NULL)
		return;
	assert(q->length == 0);
	for (i = 0; q->more != NULL && i < FAIR_MORE; i++)
		free(q->more[i]);
	free(q->more);
	free(q);
}

/* Links a waiter into its client's flow; false without memory. */
static bool
flow_add(struct fair *q, struct fair_client *c, struct fair_waiter *w)
{
	struct fair_flow *f = fair_flow_of(c, w->lane);

	if (f == NULL && (f = flow_new(c, w->lane)) == NULL)
		return false;
	w->flow = f;
	waiters_add(&f->waiters, w);
	f->length++;
	f->cost += w->cost;
	c->cost += w->cost;
	if (w->cost < FAIR_TURN)
		c->tiny++;
	if (f->length == 1)
		flow_in(q, f, c->vt);
	else if (q->trust && w == RB_MIN(fair_waiters, &f->waiters))
		flow_regroup(q, f);
	return true;
}

static void
flow_remove(struct fair *q, struct fair_client *c, struct fair_waiter *w)
{
	struct fair_flow *f = w->flow;
	bool first = w == RB_MIN(fair_waiters, &f->waiters);

	waiters_remove(&f->waiters, w);
	f->length--;
	f->cost -= w->cost;
	c->cost -= w->cost;
	if (w->cost < FAIR_TURN)
		c->tiny--;
	if (f->length == 0) {
		fair_chart_remove(q, f);
		flow_out(q, f);
		LIST_REMOVE(f, of_client);
		free(f);
	} else if (q->trust && first)
		flow_regroup(q, f);
}

bool
fair_add(struct fair *q, struct fair_waiter *w, uint64_t now)
{
	struct fair_client *c;

	assert(w->flow == NULL && fair_has_lane(q, w->lane) && w->weight != 0 &&
	    w->urgency < FAIR_URGENCIES);
	fair_tick(q, now);
	c = client_get(q, w->client, w->weight);
	if (c == NULL)
		return false;
	w->seq = q->seq++;
	if (w->returned) {
		w->flow = &returned_flow;
		waiters_add(&fair_lane_at(q, w->lane)->returned, w);
	} else if (!fair_owner_add(&q->owners, w) || !flow_add(q, c, w)) {
		fair_owner_remove(&q->owners, w);
		fair_chart_update(q, c);
		client_settle(q, c);
		return false;
	}
	c->length++;
	q->length++;
	fair_lane_at(q, w->lane)->length++;
	fair_chart_update(q, c);
	return true;
}

struct fair_waiter *
fair_first(struct fair *q, unsigned lane, uint64_t now)
{
	struct fair_lane *l = fair_lane_at(q, lane);
	struct fair_flow *f = NULL;
	unsigned i;

	assert(fair_has_lane(q, lane));
	fair_tick(q, now);
	if (!q->returned_last && !RB_EMPTY(&l->returned))
		return RB_MIN(fair_waiters, &l->returned);
	for (i = 0; i < FAIR_URGENCIES && f == NULL; i++)
		f = RB_MIN(fair_order, &l->groups[i].order);
	return RB_MIN(fair_waiters, f == NULL ? &l->returned : &f->waiters);
}

bool
fair_before(const struct fair *q, const struct fair_waiter *a,
    const struct fair_waiter *b)
{
	wide tag_a, tag_b;
	unsigned level_a, level_b;

	if (a->returned != b->returned)
		return a->returned != q->returned_last;
	if (a->returned)
		return fair_waiter_cmp(a, b) < 0;
	level_a = fair_level(q, fair_rank(a));
	level_b = fair_level(q, fair_rank(b));
	if (level_a != level_b)
		return level_a < level_b;
	tag_a = fair_tag(a->flow);
	tag_b = fair_tag(b->flow);
	if (tag_a == tag_b && a->flow->client == b->flow->client)
		return fair_waiter_cmp(a, b) < 0;
	return fair_compare(tag_a, tag_b, a->flow->client->seq,
	    b->flow->client->seq) < 0;
}

bool
fair_returned_last(struct fair *q, bool last)
{
	bool changed = last != q->returned_last;

	q->returned_last = last;
	return changed;
}

bool
fair_has_returned_last(const struct fair *q)
{
	return q->returned_last;
}

void
fair_remove(struct fair *q, struct fair_waiter *w)
{
	struct fair_client *c = fair_client(q, w->client);

	assert(w->flow != NULL && c != NULL);
	if (w->returned)
		waiters_remove(&fair_lane_at(q, w->lane)->returned, w);
	else
		flow_remove(q, c, w);
	w->flow = NULL;
	fair_owner_remove(&q->owners, w);
	c->length--;
	q->length--;
	fair_lane_at(q, w->lane)->length--;
	fair_chart_update(q, c);
	client_settle(q, c);
	if (q->length == 0)
		forget(q);
}

void
fair_serve(struct fair *q, struct fair_waiter *w, uint64_t now)
{
	struct fair_flow *f = w->flow;
	wide start, length;

	assert(f != NULL);
	fair_tick(q, now);
	if (!w->returned) {
		start = fair_tag(f);
		length = fair_turn_span(fair_turn_of(w), f->client->weight);
		charge(f->client, start, length, f);
		if (f->length > 1)
			flow_move(f, wide_sum(start, length));
		advance(q, start);
	}
	fair_remove(q, w);
}

bool
fair_pass(struct fair *q, uint64_t client, uint32_t weight, uint64_t cost)
{
	struct fair_client *c;
	wide start;

	assert(weight != 0);
	if (q->length == 0 || (c = client_get(q, client, weight)) == NULL)
		return false;
	start = c->vt;
	charge(c, start, fair_turn_span(cost, weight), NULL);
	fair_chart_update(q, c);
	client_settle(q, c);
	advance(q, start);
	return true;
}

/* Tags may go back behind the queue's virtual time: they were right there. */
void
fair_settle(struct fair *q, uint64_t client, uint64_t was, uint64_t is)
{
	struct fair_client *c = fair_client(q, client);
	struct fair_flow *f;
	wide less, tag;

	if (c == NULL || was == is)
		return;
	if (c->owes) {
		RB_REMOVE(fair_owing, &q->owing, c);
		q->nowing--;
		c->owes = false;
	}
	if (is > was)
		charge(c, c->vt, fair_span(is - was, c->weight), NULL);
	less = is < was ? fair_span(was - is, c->weight) : 0;
	c->vt = c->vt > less ? c->vt - less : 0;
	LIST_FOREACH (f, &c->flows, of_client) {
		tag = fair_tag(f);
		flow_move(f, wide_larger(tag > less ? tag - less : 0,
		    f->group->moved));
	}
	fair_chart_update(q, c);
	client_settle(q, c);
}

struct fair_waiter *
fair_yields(const struct fair *q, uint64_t owner)
{
	return fair_owner_yields(&q->owners, owner);
}

size_t
fair_length(const struct fair *q)
{
	return q->length;
}

size_t
fair_length_of(const struct fair *q, uint64_t client)
{
	const struct fair_client *c = fair_client(q, client);

	return c == NULL ? 0 : c->length;
}

void
fair_each(struct fair *q, void (*each)(struct fair_waiter *, void *),
    void *arg)
{
	struct fair_waiter *w;
	struct fair_flow *f;
	struct fair_group *g;
	unsigned i;

	for (i = 0; i != FAIR_END; i = fair_next_lane(q, i))
		RB_FOREACH (w, fair_waiters, &fair_lane_at(q, i)->returned)
			each(w, arg);
	LIST_FOREACH (g, &q->groups, entry)
		RB_FOREACH (f, fair_order, &g->order)
			RB_FOREACH (w, fair_waiters, &f->waiters)
				each(w, arg);
}
