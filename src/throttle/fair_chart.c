/* SPDX-License-Identifier: ISC */

/*
 * How much a lane's flows will have been served at a virtual time.
 *
 * Where urgency is not trusted each lane has a chart of how much its flows will
 * have been served at any virtual time, as if waiters were divisible: a flow
 * is served its weight's worth from the start of its bar to the end.  Two trees
 * of bars, by start and by end, with sums over their subtrees, give the sum
 * over all of them at a time.  The sums are exact modulo 2^128, their
 * differences are small.
 *
 * Spans are rounded down.  But those of waiters that cost less than FAIR_TURN
 * may add up to more than the span of their sum, by a turn's each; those of
 * others may not, whatever the weight.
 */

#include "throttle/fair_chart.h"

static int
start_cmp(const struct fair_flow *a, const struct fair_flow *b)
{
	return fair_compare(a->bar.start, b->bar.start, a->client->seq,
	    b->client->seq);
}

static int
end_cmp(const struct fair_flow *a, const struct fair_flow *b)
{
	return fair_compare(a->bar.end, b->bar.end, a->client->seq,
	    b->client->seq);
}

/* Make the sums of a node, from its own and those of its children. */

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

static wide
end_area(const struct fair_bar *b)
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

#undef RB_AUGMENT
#define RB_AUGMENT(x)	start_sum(x)
FAIR_TREE(fair_starts, fair_flow, by_start, start_cmp)
#undef RB_AUGMENT
#define RB_AUGMENT(x)	end_sum(x)
FAIR_TREE(fair_ends, fair_flow, by_end, end_cmp)
#undef RB_AUGMENT

/* As waiters_add() and waiters_remove() in fair.c, and for the same reason. */

static void
starts_add(struct fair_starts *tree, struct fair_flow *f)
{
	RB_INSERT(fair_starts, tree, f);
	for (; f != NULL; f = RB_PARENT(f, by_start))
		start_sum(f);
}

static void
starts_remove(struct fair_starts *tree, struct fair_flow *f)
{
	struct fair_flow *parent = RB_PARENT(f, by_start);

	RB_REMOVE(fair_starts, tree, f);
	for (; parent != NULL; parent = RB_PARENT(parent, by_start))
		start_sum(parent);
}

static void
ends_add(struct fair_ends *tree, struct fair_flow *f)
{
	RB_INSERT(fair_ends, tree, f);
	for (; f != NULL; f = RB_PARENT(f, by_end))
		end_sum(f);
}

static void
ends_remove(struct fair_ends *tree, struct fair_flow *f)
{
	struct fair_flow *parent = RB_PARENT(f, by_end);

	RB_REMOVE(fair_ends, tree, f);
	for (; parent != NULL; parent = RB_PARENT(parent, by_end))
		end_sum(parent);
}

void
fair_chart_remove(struct fair *q, struct fair_flow *f)
{
	struct fair_lane *lane = fair_lane_at(q, f->lane);

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
static struct fair_bar
bar_of(const struct fair_flow *f)
{
	const struct fair_client *c = f->client;
	wide elsewhere = c->cost - f->cost;
	struct fair_bar b = { .cost = f->cost, .weight = c->weight };

	b.start = wide_sum(f->tag,
	    c->tiny * fair_span(FAIR_TURN, c->weight));
	if (elsewhere != 0)
		b.start = wide_sum(b.start,
		    wide_sum(fair_span(elsewhere, c->weight), 1));
	b.end = wide_sum(b.start, fair_span(f->cost, c->weight));
	return b;
}

static void
chart_in(struct fair_lane *lane, struct fair_flow *f)
{
	struct fair_bar b = bar_of(f);
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

void
fair_chart_update(struct fair *q, struct fair_client *c)
{
	struct fair_flow *f;

	if (q->trust)
		return;
	LIST_FOREACH (f, &c->flows, of_client)
		chart_in(fair_lane_at(q, f->lane), f);
}

wide
fair_chart_bar_at(const struct fair_bar *b, wide at)
{
	if (b->weight == 0)
		return 0;
	if (at >= b->end)
		return b->cost * FAIR_WEIGHT;
	return at > b->start ? (at - b->start) * b->weight : 0;
}

wide
fair_chart_at(const struct fair_lane *lane, wide at)
{
	const struct fair_flow *f = RB_ROOT(&lane->starts);
	const struct fair_flow *left;
	wide area = 0;

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
