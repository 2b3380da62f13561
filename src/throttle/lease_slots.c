/* SPDX-License-Identifier: ISC */

/*
 * Who has how many.  A holder's place goes when its block and the grace are
 * over; until then what it has is nobody else's, and what is for the others is
 * that much less.  What a holder has too much by now it keeps until it says
 * that it holds less: then it is free for whoever asks next.
 */

#include "throttle/lease_slots.h"

#include <string.h>

#include "throttle/lease_math.h"

#define TURNS	3	/* in a ttl */
#define POLLS	20	/* in a turn: to ask for what comes back any time */

void
lease_slots_init(struct lease_slots_grantor *g,
    struct lease_slots_holder *holders, unsigned nholders)
{
	*g = (struct lease_slots_grantor){ .holders = holders,
		.nholders = nholders };
	memset(holders, 0, nholders * sizeof holders[0]);
}

static bool
is_alive(const struct lease_slots_holder *h, uint64_t now)
{
	return h->id != 0 && h->until > now;
}

static uint64_t
count_alive(const struct lease_slots_grantor *g, uint64_t now)
{
	uint64_t alive = 0;
	unsigned i;

	for (i = 0; i < g->nholders; i++)
		alive += is_alive(&g->holders[i], now);
	return alive;
}

/* Those whose last exchange has ended, too. */
static void
forget_the_gone(struct lease_slots_grantor *g, uint64_t now)
{
	struct lease_slots_holder *h;
	unsigned i;

	for (i = 0; i < g->nholders; i++) {
		h = &g->holders[i];
		if (h->id != 0 && sum(h->until,
		    lease_at_latest(h->grace)) <= now)
			h->id = 0;
	}
}

static struct lease_slots_holder *
holder_of(struct lease_slots_grantor *g, uint64_t id)
{
	struct lease_slots_holder *free_one = NULL;
	unsigned i;

	for (i = 0; i < g->nholders; i++) {
		if (g->holders[i].id == id)
			return &g->holders[i];
		if (free_one == NULL && g->holders[i].id == 0)
			free_one = &g->holders[i];
	}
	if (free_one != NULL)
		*free_one = (struct lease_slots_holder){ .id = id };
	return free_one;
}

/* What the others leave. */
static uint64_t
left_for(const struct lease_slots_grantor *g, uint32_t limit,
    const struct lease_slots_holder *me)
{
	const struct lease_slots_holder *h;
	uint64_t held = 0;
	unsigned i;

	for (i = 0; i < g->nholders; i++) {
		h = &g->holders[i];
		if (h->id != 0 && h != me)
			held += h->held;
	}
	return lease_less(limit, held);
}

/* What is to be had, for whom: parts by weight, and some left over. */
struct parts {
	uint64_t	 slots;		/* of those who want more than a part */
	uint64_t	 weight;	/* of them */
	unsigned	 extra;		/* slots left over */
};

static uint32_t
part_of(const struct parts *p, const struct lease_slots_holder *h)
{
	if (h->content)
		return h->want;
	/* who is alive has a weight, so that is nobody's */
	return p->weight == 0 ? 0 :
	    (uint32_t)(p->slots * h->weight / p->weight);
}

/* Those who want no more than their part have what they want. */
static bool
make_content(struct lease_slots_grantor *g, struct parts *p, uint64_t now)
{
	struct lease_slots_holder *h;
	bool any = false;
	unsigned i;

	for (i = 0; i < g->nholders; i++) {
		h = &g->holders[i];
		if (!is_alive(h, now) || h->content || h->want > part_of(p, h))
			continue;
		h->content = any = true;
		p->slots -= h->want;
		p->weight -= h->weight;
		if (p->weight == 0)
			break;
	}
	return any && p->weight > 0;
}

static void
share_out(struct lease_slots_grantor *g, uint32_t limit, struct parts *p,
    uint64_t now)
{
	struct lease_slots_holder *h;
	uint64_t gone = 0, given = 0;
	unsigned i;

	*p = (struct parts){ 0 };
	for (i = 0; i < g->nholders; i++) {
		h = &g->holders[i];
		h->content = false;
		if (is_alive(h, now))
			p->weight += h->weight;
		else if (h->id != 0)
			gone += h->held;
	}
	p->slots = lease_less(limit, gone);
	while (make_content(g, p, now))
		continue;
	for (i = 0; i < g->nholders; i++)
		if (is_alive(&g->holders[i], now) && !g->holders[i].content)
			given += part_of(p, &g->holders[i]);
	p->extra = p->weight == 0 ? 0 : (unsigned)(p->slots - given);
}

/* How many are before it in line for what is left over. */
static unsigned
before(const struct lease_slots_grantor *g, const struct lease_slots_holder *me,
    uint64_t now)
{
	const struct lease_slots_holder *h;
	unsigned i, n = 0;

	for (i = 0; i < g->nholders; i++) {
		h = &g->holders[i];
		if (h == me || !is_alive(h, now) || h->content)
			continue;
		if (h->turn > now || h->since < me->since ||
		    (h->since == me->since && h->id < me->id))
			n++;
	}
	return n;
}

/* When the next of those who have turns is done with it. */
static uint64_t
next_turn(const struct lease_slots_grantor *g, uint64_t now, uint64_t slice)
{
	uint64_t at = sum(now, slice);
	unsigned i;

	for (i = 0; i < g->nholders; i++)
		if (is_alive(&g->holders[i], now) &&
		    g->holders[i].turn > now && g->holders[i].turn < at)
			at = g->holders[i].turn;
	return at;
}

/* It has a slot that is left over, or is told when to ask for one. */
static bool
has_extra(struct lease_slots_grantor *g, struct lease_slots_holder *h,
    const struct parts *p, uint64_t slice, struct lease_slots_answer *a)
{
	unsigned n;

	if (h->turn > a->now && h->held > part_of(p, h))
		return true;
	/* it may have given it back a little before it had to */
	h->turn = 0;
	n = before(g, h, a->now);
	if (n < p->extra)
		return true;
	if (p->extra > 0)
		a->again_at = sum(next_turn(g, a->now, slice),
		    (n / p->extra - 1) * slice);
	return false;
}

/* Of its target, what the host's pause leaves, and whose turn it is then. */
static uint32_t
take_turn(struct lease_slots_grantor *g, const struct lease_slots_question *q,
    uint32_t target, struct lease_slots_answer *a)
{
	uint64_t at = 0;

	if (q->longest == 0 || lease_turn_is_open(&g->turn, a->now))
		return target;
	/* those who come later are to ask for their turn */
	if (q->want <= q->busy || target <= q->busy) {
		/* it has nothing on its way that asks, and sends nothing */
		if (q->want == 0)
			lease_turn_leave(&g->turn, q->holder);
		return 0;
	}
	if (lease_turn_ask(&g->turn, q->holder, q->longest, q->ttl / TURNS,
	    a->now, &at) == LEASE_TURN_SHUT) {
		a->again_at = at;
		return 0;
	}
	a->probe = true;
	return q->busy + 1;
}

static void
give(struct lease_slots_grantor *g, struct lease_slots_holder *h,
    const struct lease_slots_question *q, struct lease_slots_answer *a)
{
	uint64_t slice = q->ttl / TURNS;
	uint32_t target;
	struct parts p;

	share_out(g, q->limit, &p, a->now);
	target = a->keeps = part_of(&p, h);
	if (h->content)
		h->turn = h->since = 0;
	else if (h->since == 0)
		h->since = a->now;
	if (!h->content && has_extra(g, h, &p, slice, a))
		target++;
	target = take_turn(g, q, target, a);
	a->slots = (uint32_t)lease_smaller(target, left_for(g, q->limit, h));
	if (a->slots < target)
		a->again_at = sum(a->now, slice / POLLS);
	a->keeps = (uint32_t)lease_smaller(a->keeps, a->slots);
	if (a->slots > a->keeps && h->turn == 0) {
		h->turn = sum(a->now, slice);
		h->since = a->now;
	}
	a->turn_ends = a->slots > a->keeps ? h->turn : 0;
	h->held = (uint32_t)larger(h->held, a->slots);
}

/*
 * Another run, or a clock that was set back: what is not told anew may be lost,
 * and what there is ends no later than that would.
 */
static void
begin_run(struct lease_slots_grantor *g, const struct lease_slots_question *q,
    uint64_t run, uint64_t now)
{
	struct lease_slots_holder *h;
	unsigned i;

	g->run = run;
	g->newest = g->expected = 0;
	g->told = sum(now, q->ttl);
	g->quarantine = sum(g->told, lease_at_latest(q->grace));
	for (i = 0; i < g->nholders; i++) {
		h = &g->holders[i];
		h->heard = false;
		h->until = lease_smaller(h->until, g->told);
		h->turn = 0;
		h->since = lease_smaller(h->since, now);
	}
}

/* Whether somebody may have a block that is not known. */
static bool
is_unsure(const struct lease_slots_grantor *g, uint64_t now)
{
	uint64_t heard = 0;
	unsigned i;

	for (i = 0; i < g->nholders; i++)
		heard += g->holders[i].id != 0 && g->holders[i].heard;
	return now < (heard < g->expected ? g->quarantine : g->told);
}

/* It has said its last word; who has nothing in use is nobody from now on. */
static bool
has_left(struct lease_slots_grantor *g, struct lease_slots_holder *h,
    const struct lease_slots_question *q)
{
	if (!q->leaves || q->holds > 0)
		return false;
	h->id = 0;
	lease_turn_leave(&g->turn, q->holder);
	if (q->known > 0)
		g->expected = lease_less(g->expected, 1);
	return true;
}

void
lease_slots_grant(struct lease_slots_grantor *g,
    const struct lease_slots_question *q, uint64_t run, uint64_t now,
    struct lease_slots_answer *a)
{
	bool is_same = g->run == run;
	bool anew = !is_same || sum(now, q->ttl) < g->newest;
	struct lease_turn_news told = q->told;
	struct lease_slots_holder *h;

	if (anew)
		begin_run(g, q, run, now);
	now = g->newest = larger(g->newest, now);
	if (anew && is_same)
		lease_turn_set_back(&g->turn, &told);
	lease_turn_hear(&g->turn, &told, now);
	*a = (struct lease_slots_answer){ .number = q->number, .now = now,
		.pause = g->turn.pause, .ordered = g->turn.ordered };
	forget_the_gone(g, now);
	h = holder_of(g, q->holder);
	if (h == NULL || q->number <= h->number) {
		a->again_at = sum(now, q->ttl / TURNS);
		return;
	}
	if (has_left(g, h, q)) {
		a->peers = count_alive(g, now);
		return;
	}
	h->number = q->number;
	h->weight = q->weight;
	h->held = q->holds;
	h->want = q->want;
	h->grace = q->grace;
	h->heard = q->known > 0;
	g->expected = larger(g->expected, q->known);
	h->until = a->ends = sum(now, q->ttl);
	a->peers = count_alive(g, now);
	if (!is_unsure(g, now)) {
		give(g, h, q, a);
		return;
	}
	a->slots = a->keeps = q->good;
	a->again_at = lease_smaller(now < g->told ? g->told : g->quarantine,
	    a->ends);
}
