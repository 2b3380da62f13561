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
 *
 * Where urgency is not trusted each lane has a chart of how much its flows will
 * have been served at any virtual time, as if waiters were divisible: a flow
 * is served its weight's worth from the start of its bar to the end.  Two trees
 * of bars, by start and by end, with sums over their subtrees, give the sum
 * over all of them at a time.  The sums are exact modulo 2^128, their
 * differences are small.
 *
 * Spans are rounded down, but are never 0.  So the spans of waiters that cost
 * less than FAIR_TINY may add up to more than the span of their sum, by 1 each;
 * those of others may not, whatever the weight.
 */

#include "core/fair.h"

#include <assert.h>
#include <stdlib.h>

#include <bsd/sys/queue.h>

#define WIDE_MAX	(~(fair_wide)0)
#define FAIR_TINY	(UINT32_MAX / FAIR_WEIGHT + 1)

RB_HEAD(waiters, fair_waiter);
RB_HEAD(order, fair_flow);
RB_HEAD(starts, fair_flow);
RB_HEAD(ends, fair_flow);
RB_HEAD(dues, fair_flow);
RB_HEAD(clients, client);
RB_HEAD(owing, client);

struct group {
	struct order		 order;
	LIST_ENTRY(group)	 entry;		/* while it has flows */
	fair_wide		 moved;		/* tags are relative to it */
};

struct lane {
	struct group		 groups[FAIR_URGENCIES];
	struct starts		 starts;
	struct ends		 ends;
	struct waiters		 returned;
};

/* Of a chart; relative to the group's moved. */
struct bar {
	fair_wide		 start;
	fair_wide		 end;
	fair_wide		 cost;
	uint64_t		 weight;	/* 0: not in the chart */
};

struct fair_flow {
	struct client		*client;
	LIST_ENTRY(fair_flow)	 of_client;
	struct waiters		 waiters;
	size_t			 length;
	fair_wide		 cost;		/* of its waiters */
	unsigned		 lane;

	RB_ENTRY(fair_flow)	 entry;
	struct group		*group;
	fair_wide		 tag;		/* relative to group->moved */
	RB_ENTRY(fair_flow)	 by_due;
	uint64_t		 due;		/* ns, of a better level */

	struct bar		 bar;
	RB_ENTRY(fair_flow)	 by_start;
	uint64_t		 start_weight;	/* sums of the subtree */
	fair_wide		 start_area;
	RB_ENTRY(fair_flow)	 by_end;
	uint64_t		 end_weight;
	fair_wide		 end_area;
};

struct client {
	RB_ENTRY(client)	 entry;
	uint64_t		 id;
	uint64_t		 seq;		/* decides between equal tags */
	fair_wide		 vt;
	uint32_t		 weight;
	size_t			 length;	/* waiters, returned ones too */
	size_t			 tiny;		/* of them, below FAIR_TINY */
	fair_wide		 cost;		/* of those in flows */
	LIST_HEAD(, fair_flow)	 flows;
	RB_ENTRY(client)	 by_vt;		/* while it only owes */
	bool			 owes;
};

struct fair {
	bool			 trust;
	unsigned		 nlanes;
	size_t			 length;
	size_t			 nclients;
	size_t			 nowing;	/* of them, without waiters */
	uint64_t		 seq;
	uint64_t		 now;		/* ns, the latest seen */
	fair_wide		 vt;
	struct clients		 clients;
	struct owing		 owing;
	struct dues		 dues;
	LIST_HEAD(, group)	 groups;	/* that have flows */
	struct lane		 lanes[];
};

/* The flow of all who were returned; nothing of it is used. */
static struct fair_flow returned_flow;

static fair_wide
larger(fair_wide a, fair_wide b)
{
	return a > b ? a : b;
}

static fair_wide
add(fair_wide a, fair_wide b)
{
	return a > WIDE_MAX - b ? WIDE_MAX : a + b;
}

/* The virtual time that a cost takes, rounded down. */
static fair_wide
span(fair_wide cost, uint64_t weight)
{
	if (cost > WIDE_MAX / FAIR_WEIGHT)
		return WIDE_MAX;
	return cost * FAIR_WEIGHT / weight;
}

/* That of one turn. */
static fair_wide
turn(uint64_t cost, uint64_t weight)
{
	return larger(span(cost, weight), 1);
}

/*
 * What a client's waiters are ordered by: a step of urgency weighs as much as
 * FAIR_AGE of waiting, at any time.
 */
static uint64_t
rank(const struct fair_waiter *w)
{
	uint64_t step = w->returned ? 0 : w->urgency * FAIR_AGE;

	return w->arrived > UINT64_MAX - step ? UINT64_MAX : w->arrived + step;
}

static int
compare(fair_wide a, fair_wide b, uint64_t tie_a, uint64_t tie_b)
{
	if (a != b)
		return a < b ? -1 : 1;
	return tie_a < tie_b ? -1 : tie_a > tie_b;
}

static int
waiter_cmp(const struct fair_waiter *a, const struct fair_waiter *b)
{
	return compare(rank(a), rank(b), a->seq, b->seq);
}

static int
order_cmp(const struct fair_flow *a, const struct fair_flow *b)
{
	return compare(a->tag, b->tag, a->client->seq, b->client->seq);
}

static int
start_cmp(const struct fair_flow *a, const struct fair_flow *b)
{
	return compare(a->bar.start, b->bar.start, a->client->seq,
	    b->client->seq);
}

static int
end_cmp(const struct fair_flow *a, const struct fair_flow *b)
{
	return compare(a->bar.end, b->bar.end, a->client->seq,
	    b->client->seq);
}

static int
due_cmp(const struct fair_flow *a, const struct fair_flow *b)
{
	if (a->due != b->due || a->client != b->client)
		return compare(a->due, b->due, a->client->seq, b->client->seq);
	return a->lane < b->lane ? -1 : a->lane > b->lane;
}

static int
client_cmp(const struct client *a, const struct client *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

static int
owing_cmp(const struct client *a, const struct client *b)
{
	return compare(a->vt, b->vt, a->seq, b->seq);
}

/* Makes the sums of a node, from its own and those of its children. */

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

static void
start_sum(struct fair_flow *f)
{
	const struct fair_flow *left = RB_LEFT(f, by_start);
	const struct fair_flow *right = RB_RIGHT(f, by_start);

	f->start_weight = f->bar.weight;
	f->start_area = f->bar.weight * f->bar.start;
	if (left != NULL) {
		f->start_weight += left->start_weight;
		f->start_area += left->start_area;
	}
	if (right != NULL) {
		f->start_weight += right->start_weight;
		f->start_area += right->start_area;
	}
}

static fair_wide
end_area(const struct bar *b)
{
	return b->cost * FAIR_WEIGHT + b->weight * b->start;
}

static void
end_sum(struct fair_flow *f)
{
	const struct fair_flow *left = RB_LEFT(f, by_end);
	const struct fair_flow *right = RB_RIGHT(f, by_end);

	f->end_weight = f->bar.weight;
	f->end_area = end_area(&f->bar);
	if (left != NULL) {
		f->end_weight += left->end_weight;
		f->end_area += left->end_area;
	}
	if (right != NULL) {
		f->end_weight += right->end_weight;
		f->end_area += right->end_area;
	}
}

/* Each as far as it is used. */
#define GENERATE(name, type, field, cmp) \
	RB_GENERATE_INTERNAL(name, type, field, cmp, \
	    __attribute__((unused)) static)

GENERATE(order, fair_flow, entry, order_cmp)
GENERATE(dues, fair_flow, by_due, due_cmp)
GENERATE(clients, client, entry, client_cmp)
GENERATE(owing, client, by_vt, owing_cmp)

#undef RB_AUGMENT
#define RB_AUGMENT(x)	waiter_sum(x)
GENERATE(waiters, fair_waiter, entry, waiter_cmp)
#undef RB_AUGMENT
#define RB_AUGMENT(x)	start_sum(x)
GENERATE(starts, fair_flow, by_start, start_cmp)
#undef RB_AUGMENT
#define RB_AUGMENT(x)	end_sum(x)
GENERATE(ends, fair_flow, by_end, end_cmp)
#undef RB_AUGMENT

/*
 * tree.h makes new sums where it turns a tree, but not all the way up from what
 * was put in or taken out.
 */

static void
waiters_add(struct waiters *tree, struct fair_waiter *w)
{
	RB_INSERT(waiters, tree, w);
	for (; w != NULL; w = RB_PARENT(w, entry))
		waiter_sum(w);
}

static void
waiters_remove(struct waiters *tree, struct fair_waiter *w)
{
	struct fair_waiter *parent = RB_PARENT(w, entry);

	RB_REMOVE(waiters, tree, w);
	for (; parent != NULL; parent = RB_PARENT(parent, entry))
		waiter_sum(parent);
}

static void
starts_add(struct starts *tree, struct fair_flow *f)
{
	RB_INSERT(starts, tree, f);
	for (; f != NULL; f = RB_PARENT(f, by_start))
		start_sum(f);
}

static void
starts_remove(struct starts *tree, struct fair_flow *f)
{
	struct fair_flow *parent = RB_PARENT(f, by_start);

	RB_REMOVE(starts, tree, f);
	for (; parent != NULL; parent = RB_PARENT(parent, by_start))
		start_sum(parent);
}

static void
ends_add(struct ends *tree, struct fair_flow *f)
{
	RB_INSERT(ends, tree, f);
	for (; f != NULL; f = RB_PARENT(f, by_end))
		end_sum(f);
}

static void
ends_remove(struct ends *tree, struct fair_flow *f)
{
	struct fair_flow *parent = RB_PARENT(f, by_end);

	RB_REMOVE(ends, tree, f);
	for (; parent != NULL; parent = RB_PARENT(parent, by_end))
		end_sum(parent);
}

/* The cost of those in a tree that go before a rank. */
static fair_wide
waiters_before(const struct waiters *tree, uint64_t at, uint64_t seq)
{
	const struct fair_waiter *w = RB_ROOT(tree);
	fair_wide sum = 0;

	while (w != NULL) {
		if (compare(rank(w), at, w->seq, seq) >= 0) {
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

/*
 * Flows and groups.
 */

static fair_wide
flow_tag(const struct fair_flow *f)
{
	return add(f->tag, f->group->moved);
}

/* The urgency that waiting has made of a rank by now. */
static unsigned
level(const struct fair *q, uint64_t at)
{
	uint64_t steps;

	if (!q->trust || at <= q->now)
		return 0;
	steps = (at - q->now - 1) / FAIR_AGE + 1;
	return steps < FAIR_URGENCIES ? (unsigned)steps : FAIR_URGENCIES - 1;
}

/* Puts a flow with waiters where it belongs by its first waiter. */
static void
flow_in(struct fair *q, struct fair_flow *f, fair_wide tag)
{
	uint64_t at = rank(RB_MIN(waiters, &f->waiters));
	unsigned steps = level(q, at);
	struct group *g = &q->lanes[f->lane].groups[steps];

	if (RB_EMPTY(&g->order)) {
		g->moved = 0;
		LIST_INSERT_HEAD(&q->groups, g, entry);
	}
	f->group = g;
	f->tag = tag > g->moved ? tag - g->moved : 0;
	RB_INSERT(order, &g->order, f);
	f->due = 0;
	if (steps > 0) {
		f->due = at - (steps - 1) * FAIR_AGE;
		RB_INSERT(dues, &q->dues, f);
	}
}

static void
flow_out(struct fair *q, struct fair_flow *f)
{
	RB_REMOVE(order, &f->group->order, f);
	if (RB_EMPTY(&f->group->order))
		LIST_REMOVE(f->group, entry);
	if (f->due != 0)
		RB_REMOVE(dues, &q->dues, f);
	f->due = 0;
}

/* Another waiter may be the first. */
static void
flow_regroup(struct fair *q, struct fair_flow *f)
{
	fair_wide tag = flow_tag(f);

	flow_out(q, f);
	flow_in(q, f, tag);
}

static void
flow_move(struct fair_flow *f, fair_wide tag)
{
	fair_wide relative = tag - f->group->moved;

	if (relative == f->tag)
		return;
	RB_REMOVE(order, &f->group->order, f);
	f->tag = relative;
	RB_INSERT(order, &f->group->order, f);
}

/*
 * Takes note of the time.  Each flow is moved at most once for each level of
 * each of its firsts.
 */
static void
saw(struct fair *q, uint64_t now)
{
	struct fair_flow *f;

	if (now > q->now)
		q->now = now;
	while ((f = RB_MIN(dues, &q->dues)) != NULL && f->due <= q->now)
		flow_regroup(q, f);
}

static struct fair_flow *
flow_find(const struct client *c, unsigned lane)
{
	struct fair_flow *f;

	LIST_FOREACH(f, &c->flows, of_client)
		if (f->lane == lane)
			break;
	return f;
}

/* A flow that is in no group yet. */
static struct fair_flow *
flow_new(struct client *c, unsigned lane)
{
	struct fair_flow *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->client = c;
	f->lane = lane;
	RB_INIT(&f->waiters);
	LIST_INSERT_HEAD(&c->flows, f, of_client);
	return f;
}

/*
 * Charts.
 */

static void
chart_out(struct lane *lane, struct fair_flow *f)
{
	if (f->bar.weight == 0)
		return;
	starts_remove(&lane->starts, f);
	ends_remove(&lane->ends, f);
	f->bar.weight = 0;
}

/*
 * Where a flow's bar is.  In other lanes all of its client's waiters may go
 * before those here.
 */
static struct bar
bar_of(const struct fair_flow *f)
{
	const struct client *c = f->client;
	fair_wide elsewhere = c->cost - f->cost;
	struct bar b = { .cost = f->cost, .weight = c->weight };

	b.start = add(f->tag, c->tiny);
	if (elsewhere != 0)
		b.start = add(b.start, add(span(elsewhere, c->weight), 1));
	b.end = add(b.start, span(f->cost, c->weight));
	return b;
}

static void
chart_in(struct lane *lane, struct fair_flow *f)
{
	struct bar b = bar_of(f);
	bool same = f->bar.weight == b.weight && f->bar.start == b.start;

	if (same && f->bar.cost == b.cost)
		return;
	if (f->bar.weight != 0)
		ends_remove(&lane->ends, f);
	if (f->bar.weight != 0 && !same)
		starts_remove(&lane->starts, f);
	f->bar = b;
	if (!same)
		starts_add(&lane->starts, f);
	ends_add(&lane->ends, f);
}

/* After any change to a client or its flows. */
static void
client_chart(struct fair *q, struct client *c)
{
	struct fair_flow *f;

	if (q->trust)
		return;
	LIST_FOREACH(f, &c->flows, of_client)
		chart_in(&q->lanes[f->lane], f);
}

/* What one flow was served at a time, in cost / FAIR_WEIGHT. */
static fair_wide
bar_at(const struct bar *b, fair_wide at)
{
	if (b->weight == 0)
		return 0;
	if (at >= b->end)
		return b->cost * FAIR_WEIGHT;
	return at > b->start ? (at - b->start) * b->weight : 0;
}

/* And what all of a lane were. */
static fair_wide
chart_at(const struct lane *lane, fair_wide at)
{
	const struct fair_flow *f = RB_ROOT(&lane->starts);
	const struct fair_flow *left;
	fair_wide area = 0;

	while (f != NULL) {
		left = RB_LEFT(f, by_start);
		if (f->bar.start >= at) {
			f = left;
			continue;
		}
		area += f->bar.weight * (at - f->bar.start);
		if (left != NULL)
			area += left->start_weight * at - left->start_area;
		f = RB_RIGHT(f, by_start);
	}
	for (f = RB_ROOT(&lane->ends); f != NULL;) {
		left = RB_LEFT(f, by_end);
		if (f->bar.end > at) {
			f = left;
			continue;
		}
		area += end_area(&f->bar) - f->bar.weight * at;
		if (left != NULL)
			area += left->end_area - left->end_weight * at;
		f = RB_RIGHT(f, by_end);
	}
	return area;
}

/*
 * Clients.
 */

static struct client *
client_find(const struct fair *q, uint64_t id)
{
	struct client *c = RB_ROOT(&q->clients);

	while (c != NULL && c->id != id)
		c = id < c->id ? RB_LEFT(c, entry) : RB_RIGHT(c, entry);
	return c;
}

static void
client_free(struct fair *q, struct client *c)
{
	if (c->owes) {
		RB_REMOVE(owing, &q->owing, c);
		q->nowing--;
	}
	RB_REMOVE(clients, &q->clients, c);
	q->nclients--;
	free(c);
}

/* One that is about to get waiters or debts; client_settle() is to follow. */
static struct client *
client_get(struct fair *q, uint64_t id, uint32_t weight)
{
	struct client *c = client_find(q, id);

	if (c == NULL) {
		c = calloc(1, sizeof(*c));
		if (c == NULL)
			return NULL;
		c->id = id;
		c->seq = q->seq++;
		LIST_INIT(&c->flows);
		RB_INSERT(clients, &q->clients, c);
		q->nclients++;
	}
	if (c->owes) {
		RB_REMOVE(owing, &q->owing, c);
		q->nowing--;
		c->owes = false;
	}
	c->vt = larger(c->vt, q->vt);
	c->weight = weight;
	return c;
}

/*
 * Remembers a client without waiters as long as it owes; else it had only to
 * leave and come again for each turn.  Of too many, those that owe least go.
 */
static void
client_settle(struct fair *q, struct client *c)
{
	size_t most = FAIR_REMEMBERED;

	if (c->length != 0)
		return;
	if (c->vt <= q->vt) {
		client_free(q, c);
		return;
	}
	c->owes = true;
	RB_INSERT(owing, &q->owing, c);
	q->nowing++;
	if (q->nclients - q->nowing > most)
		most = q->nclients - q->nowing;
	while (q->nowing > most)
		client_free(q, RB_MIN(owing, &q->owing));
}

/* Where nobody waits, nobody was kept waiting by what others were served. */
static void
forget(struct fair *q)
{
	struct client *c;

	while ((c = RB_MIN(owing, &q->owing)) != NULL)
		client_free(q, c);
	q->vt = 0;
}

/* Moves the queue's virtual time, and all that must not fall behind it. */
static void
advance(struct fair *q, fair_wide vt)
{
	struct client *c;
	struct group *g;
	fair_wide first;

	if (vt <= q->vt)
		return;
	q->vt = vt;
	while ((c = RB_MIN(owing, &q->owing)) != NULL && c->vt <= vt)
		client_free(q, c);
	LIST_FOREACH(g, &q->groups, entry) {
		first = flow_tag(RB_MIN(order, &g->order));
		if (first < vt)
			g->moved += vt - first;
	}
}

/* Moves a client's virtual time by a turn that began at start. */
static void
charge(struct client *c, fair_wide start, fair_wide length,
    const struct fair_flow *but)
{
	struct fair_flow *f;
	fair_wide tag;

	c->vt = add(larger(c->vt, start), length);
	LIST_FOREACH(f, &c->flows, of_client) {
		if (f == but)
			continue;
		tag = flow_tag(f);
		if (tag < c->vt)
			flow_move(f, add(tag, length) < c->vt ?
			    add(tag, length) : c->vt);
	}
}

/*
 * The queue.
 */

struct fair *
fair_new(unsigned lanes, bool trust)
{
	struct fair *q;

	assert(lanes > 0 && lanes <= FAIR_LANES);
	q = calloc(1, sizeof(*q) + lanes * sizeof(q->lanes[0]));
	if (q == NULL)
		return NULL;
	q->nlanes = lanes;
	q->trust = trust;
	return q;
}

void
fair_free(struct fair *q)
{
	assert(q == NULL || q->length == 0);
	free(q);
}

/* Links a waiter into its client's flow; false without memory. */
static bool
flow_add(struct fair *q, struct client *c, struct fair_waiter *w)
{
	struct fair_flow *f = flow_find(c, w->lane);

	if (f == NULL && (f = flow_new(c, w->lane)) == NULL)
		return false;
	w->flow = f;
	waiters_add(&f->waiters, w);
	f->length++;
	f->cost += w->cost;
	c->cost += w->cost;
	if (w->cost < FAIR_TINY)
		c->tiny++;
	if (f->length == 1)
		flow_in(q, f, c->vt);
	else if (q->trust && w == RB_MIN(waiters, &f->waiters))
		flow_regroup(q, f);
	return true;
}

static void
flow_remove(struct fair *q, struct client *c, struct fair_waiter *w)
{
	struct fair_flow *f = w->flow;
	bool first = w == RB_MIN(waiters, &f->waiters);

	waiters_remove(&f->waiters, w);
	f->length--;
	f->cost -= w->cost;
	c->cost -= w->cost;
	if (w->cost < FAIR_TINY)
		c->tiny--;
	if (f->length == 0) {
		chart_out(&q->lanes[f->lane], f);
		flow_out(q, f);
		LIST_REMOVE(f, of_client);
		free(f);
	} else if (q->trust && first)
		flow_regroup(q, f);
}

bool
fair_add(struct fair *q, struct fair_waiter *w, uint64_t now)
{
	struct client *c;

	assert(w->flow == NULL && w->lane < q->nlanes && w->weight != 0 &&
	    w->urgency < FAIR_URGENCIES);
	saw(q, now);
	c = client_get(q, w->client, w->weight);
	if (c == NULL)
		return false;
	w->seq = q->seq++;
	if (w->returned) {
		w->flow = &returned_flow;
		waiters_add(&q->lanes[w->lane].returned, w);
	} else if (!flow_add(q, c, w)) {
		client_chart(q, c);
		client_settle(q, c);
		return false;
	}
	c->length++;
	q->length++;
	client_chart(q, c);
	return true;
}

struct fair_waiter *
fair_first(struct fair *q, unsigned lane, uint64_t now)
{
	struct lane *l = &q->lanes[lane];
	struct fair_flow *f = NULL;
	unsigned i;

	assert(lane < q->nlanes);
	saw(q, now);
	if (!RB_EMPTY(&l->returned))
		return RB_MIN(waiters, &l->returned);
	for (i = 0; i < FAIR_URGENCIES && f == NULL; i++)
		f = RB_MIN(order, &l->groups[i].order);
	return f == NULL ? NULL : RB_MIN(waiters, &f->waiters);
}

bool
fair_before(const struct fair *q, const struct fair_waiter *a,
    const struct fair_waiter *b)
{
	fair_wide tag_a, tag_b;
	unsigned level_a, level_b;

	if (a->returned != b->returned)
		return a->returned;
	if (a->returned)
		return waiter_cmp(a, b) < 0;
	level_a = level(q, rank(a));
	level_b = level(q, rank(b));
	if (level_a != level_b)
		return level_a < level_b;
	tag_a = flow_tag(a->flow);
	tag_b = flow_tag(b->flow);
	if (tag_a == tag_b && a->flow->client == b->flow->client)
		return waiter_cmp(a, b) < 0;
	return compare(tag_a, tag_b, a->flow->client->seq,
	    b->flow->client->seq) < 0;
}

void
fair_remove(struct fair *q, struct fair_waiter *w)
{
	struct client *c = client_find(q, w->client);

	assert(w->flow != NULL && c != NULL);
	if (w->returned)
		waiters_remove(&q->lanes[w->lane].returned, w);
	else
		flow_remove(q, c, w);
	w->flow = NULL;
	c->length--;
	q->length--;
	client_chart(q, c);
	client_settle(q, c);
	if (q->length == 0)
		forget(q);
}

void
fair_serve(struct fair *q, struct fair_waiter *w, uint64_t now)
{
	struct fair_flow *f = w->flow;
	fair_wide start, length;

	assert(f != NULL);
	saw(q, now);
	if (!w->returned) {
		start = flow_tag(f);
		length = turn(w->cost, f->client->weight);
		charge(f->client, start, length, f);
		if (f->length > 1)
			flow_move(f, add(start, length));
		advance(q, start);
	}
	fair_remove(q, w);
}

void
fair_pass(struct fair *q, uint64_t client, uint32_t weight, uint64_t cost)
{
	struct client *c;
	fair_wide start;

	assert(weight != 0);
	if (q->length == 0 || (c = client_get(q, client, weight)) == NULL)
		return;
	start = c->vt;
	charge(c, start, turn(cost, weight), NULL);
	client_chart(q, c);
	client_settle(q, c);
	advance(q, start);
}

/*
 * The cost that is ahead.
 */

struct ahead {
	const struct client	*client;	/* NULL: not known yet */
	const struct fair_waiter *w;
	uint64_t		 rank;
	uint64_t		 seq;
	fair_wide		 tag;		/* of the waiter's flow */
	fair_wide		 start;		/* of the waiter */
};

/*
 * What the waiter's own client has before it in a lane.  Where urgency is
 * trusted, groups that move may turn the order of lanes.
 */
static fair_wide
ahead_own(const struct fair *q, const struct ahead *a, unsigned lane)
{
	const struct fair_flow *f;

	if (q->trust && lane != a->w->lane)
		return 0;
	f = a->client == NULL ? NULL : flow_find(a->client, lane);
	if (f == NULL || flow_tag(f) > a->tag)
		return 0;
	return waiters_before(&f->waiters, a->rank, a->seq);
}

static fair_wide
ahead_others(const struct fair *q, const struct ahead *a, unsigned lane)
{
	const struct lane *l = &q->lanes[lane];
	const struct fair_flow *f;
	fair_wide at = a->start - l->groups[0].moved;
	fair_wide area;

	if (q->trust || RB_EMPTY(&l->starts))
		return 0;
	area = chart_at(l, at);
	f = a->client == NULL ? NULL : flow_find(a->client, lane);
	if (f != NULL)
		area -= bar_at(&f->bar, at);
	return area / FAIR_WEIGHT;
}

static fair_wide
ahead_returned(const struct fair *q, const struct ahead *a, unsigned lane)
{
	const struct waiters *tree = &q->lanes[lane].returned;

	if (a->w->returned)
		return waiters_before(tree, a->rank, a->seq);
	return RB_EMPTY(tree) ? 0 : RB_ROOT(tree)->sum;
}

/* When the waiter is to start, behind a cost of its own client, at least. */
static void
ahead_start(struct ahead *a, fair_wide own)
{
	uint64_t weight = a->w->flow != NULL ? a->client->weight :
	    a->w->weight;
	fair_wide length = span(own, weight), inexact = 0;

	if (FAIR_WEIGHT % weight != 0 && a->client != NULL)
		inexact = a->client->length;
	a->start = a->tag;
	if (length > inexact)
		a->start = add(a->tag, length - inexact);
}

fair_wide
fair_ahead(struct fair *q, const struct fair_waiter *w, unsigned lane,
    uint64_t now)
{
	unsigned i, first = lane, end = lane + 1;
	struct ahead a = { .w = w, .rank = rank(w), .tag = q->vt };
	fair_wide own, more, sum = 0;
	const struct fair_flow *f = NULL;

	assert(w->lane < q->nlanes && (lane < q->nlanes || lane == FAIR_ALL));
	saw(q, now);
	a.seq = w->flow != NULL ? w->seq : UINT64_MAX;
	if (lane == FAIR_ALL) {
		first = 0;
		end = q->nlanes;
	}
	for (i = first; i < end; i++)
		sum += ahead_returned(q, &a, i);
	if (w->returned)
		return sum;
	a.client = client_find(q, w->client);
	if (a.client != NULL) {
		a.tag = larger(a.client->vt, q->vt);
		f = flow_find(a.client, w->lane);
	}
	if (f != NULL)
		a.tag = flow_tag(f);
	own = ahead_own(q, &a, w->lane);
	for (i = first; i < end; i++) {
		more = ahead_own(q, &a, i);
		sum += more;
		if (i != w->lane && a.client != NULL && a.client->vt >= a.tag)
			own += more;
	}
	ahead_start(&a, own);
	for (i = first; i < end; i++)
		sum += ahead_others(q, &a, i);
	return sum;
}

size_t
fair_length(const struct fair *q)
{
	return q->length;
}

size_t
fair_length_of(const struct fair *q, uint64_t client)
{
	const struct client *c = client_find(q, client);

	return c == NULL ? 0 : c->length;
}

void
fair_each(struct fair *q, void (*each)(struct fair_waiter *, void *),
    void *arg)
{
	struct fair_waiter *w;
	struct fair_flow *f;
	struct group *g;
	unsigned i;

	for (i = 0; i < q->nlanes; i++)
		RB_FOREACH (w, waiters, &q->lanes[i].returned)
			each(w, arg);
	LIST_FOREACH (g, &q->groups, entry)
		RB_FOREACH (f, order, &g->order)
			RB_FOREACH (w, waiters, &f->waiters)
				each(w, arg);
}
