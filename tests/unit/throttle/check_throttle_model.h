/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_THROTTLE_MODEL_H
#define SLUICE_CHECK_THROTTLE_MODEL_H

#include <check.h>
#include <string.h>

#include "throttle/throttle.h"
#include "check_random.h"

/*
 * The model that check_throttle_oracle holds a throttle against: m is how
 * things stand, f what comes of it.
 */

#define U		BUDGET_UNIT
#define MS		1000000ULL
#define SEC		1000000000ULL
#define NEVER		THROTTLE_NEVER

#define ITEMS		48		/* waiters and held at a time */
#define PARTS		2
#define LOG		512

__extension__ typedef __int128 exact;

struct item {
	struct throttle_waiter	 w;	/* first: the throttle returns it */
	unsigned		 part;	/* 1 and up; 0: none */
	bool			 returned;
	uint8_t			 turn;	/* the model's, when admitted */
	bool			 asks;	/* admitted as that, unserved */
	bool			 settled;
	bool			 out;	/* of those in throttle_hopeless() */
	uint32_t		 epoch[2];	/* the host's, the part's */
	uint64_t		 start;	/* ns, as computed on arrival */
	bool			 plain;	/* only rates were in the way */
	unsigned		 reliefs;	/* until its arrival */
	unsigned		 upsets;
	unsigned		 admitted;
};

struct admission {
	uint64_t	 at;
	uint64_t	 cost;
};

/* What the host has counted, for each rate: when, in slots of its period. */
struct counted {
	struct { uint64_t slot, cost; } all[LOG];
	unsigned	 n;
	uint64_t	 flying;
};

struct model_budget {
	struct budget_limits	 limits;
	struct counted		 counted[BUDGET_RATES];
	bool			 exact;		/* ... and must not exceed */
	/* Tokens in a bucket, times its period; below 0 in debt. */
	exact			 level[BUDGET_RATES];
	uint64_t		 paused_until;
	uint32_t		 inflight;
	uint32_t		 pending;	/* no verdict yet */
	uint32_t		 epoch;
	uint32_t		 window;
	uint32_t		 unsettled;
	uint32_t		 overdue;
	bool			 was_paused;
	uint32_t		 passed;	/* successes of this epoch */
	uint32_t		 before;	/* ... of one cut short early */
	uint32_t		 extra;		/* successes to one more */
	uint32_t		 went;		/* until the last refusal */
	uint32_t		 cut;		/* the epoch that it ended */
	uint32_t		 abreast;
	uint64_t		 refused;	/* ns; 0 */
	bool			 early;
	bool			 guessed;	/* how long to pause */
	bool			 opened;	/* again, after such a pause */
	uint64_t		 shape_until;
	int64_t			 left;
	uint64_t		 last;
	uint64_t		 heard;
	struct admission	 log[LOG];	/* since the last new limits */
	unsigned		 nlog;
};

static struct model {
	struct throttle		*t;
	struct model_budget	 b[1 + PARTS];	/* the host's first */
	unsigned		 nparts;
	bool			 learning;
	uint32_t		 queue_length;
	bool			 yield;	/* who was returned is last */
	uint8_t			 turn;	/* counts refusals that say so: */
	bool			 open;	/* one was served that went since */
	unsigned		 served; /* since one was refused */
	bool			 prompt;
	uint64_t		 now;
	struct item		 items[ITEMS];
	struct item		*free[ITEMS];
	unsigned		 nfree;
	struct item		*queue[ITEMS];
	unsigned		 nqueue;
	struct item		*held[ITEMS];
	unsigned		 nheld;
	unsigned		 admitted;
	unsigned		 reliefs;	/* what may start one sooner */
	unsigned		 upsets;	/* what may change a start */
} m;

/* Rates */

static uint64_t
refill(const struct gcra_rate *r)
{
	return r->capacity;
}

static exact
span(const struct gcra_rate *r, uint64_t cost)
{
	return (exact)cost * r->period;
}

/* What the bucket has to hold for a cost. */
static exact
need(const struct gcra_rate *r, uint64_t cost)
{
	return span(r, cost < r->burst ? cost : r->burst);
}

static void
fill(const struct budget_limits *l, exact *level, uint64_t ns)
{
	unsigned i;

	for (i = 0; i < l->nrates; i++) {
		level[i] += (exact)ns * refill(&l->rates[i]);
		if (level[i] > span(&l->rates[i], l->rates[i].burst))
			level[i] = span(&l->rates[i], l->rates[i].burst);
	}
}

static void
spend(const struct budget_limits *l, exact *level, uint64_t cost)
{
	unsigned i;

	for (i = 0; i < l->nrates; i++)
		level[i] -= span(&l->rates[i], cost);
}

static bool
is_full(const struct model_budget *b)
{
	const struct gcra_rate *r;
	unsigned i;

	for (i = 0; i < b->limits.nrates; i++) {
		r = &b->limits.rates[i];
		if (b->level[i] < span(r, r->burst))
			return false;
	}
	return true;
}

/* Recovery and shape */

static void
half_open(struct model_budget *b)
{
	b->epoch++;
	b->window = 1;
	b->unsettled = 0;
	b->overdue = 0;
	b->passed = 0;
	b->extra = 0;
}

static bool
knows_refusals(const struct model_budget *b)
{
	return b->refused != 0 || b->opened || b->went != 0 ||
	    b->abreast != 0 || b->exact;
}

/* While half open: the window, or what is left of what went last time. */
static uint32_t
places(const struct model_budget *b)
{
	if (b->passed < b->went && b->window > b->went - b->passed)
		return b->went - b->passed;
	return b->window;
}

static uint32_t
full_window(const struct model_budget *b)
{
	uint64_t most = 0;
	unsigned i;

	if (b->limits.concurrency != 0)
		return b->limits.concurrency;
	if (b->limits.nrates == 0)
		return BUDGET_RECOVERY;
	for (i = 0; i < b->limits.nrates; i++)
		if (b->limits.rates[i].burst / U > most)
			most = b->limits.rates[i].burst / U;
	return (uint32_t)most;
}

/* Windows */

static uint64_t
slot_of(const struct gcra_rate *r)
{
	return r->period / (BUDGET_SLOTS - 1) + 1;
}

static uint64_t
thousands(uint64_t cost)
{
	return (cost + 999) / 1000;
}

static void
count(struct counted *c, const struct gcra_rate *r, uint64_t cost,
    uint64_t at)
{
	must(c->n < LOG);
	c->all[c->n].slot = at / slot_of(r);
	c->all[c->n++].cost = cost;
	c->flying -= cost;
}

/* Each verdict is worth the mean of those that are on their way. */
static void
count_verdict(struct model_budget *b, enum budget_verdict verdict)
{
	struct counted *c;
	uint64_t cost;
	unsigned i;

	for (i = 0; i < b->limits.nrates; i++) {
		c = &b->counted[i];
		cost = c->flying / b->pending;
		if (verdict == BUDGET_THROTTLED)
			c->flying -= cost;
		else
			count(c, &b->limits.rates[i], cost, m.now);
	}
}

/* Until when (ns) this rate's window is full; 0: it is not. */
static uint64_t
window_full(const struct counted *c, const struct gcra_rate *r)
{
	uint64_t sum = c->flying, first = NEVER, slot = slot_of(r);
	unsigned i;

	for (i = 0; i < c->n; i++) {
		if (c->all[i].cost == 0 ||
		    c->all[i].slot + BUDGET_SLOTS <= m.now / slot)
			continue;
		sum += c->all[i].cost;
		if (c->all[i].slot < first)
			first = c->all[i].slot;
	}
	if (sum < thousands(r->burst > r->capacity ? r->burst : r->capacity))
		return 0;
	return first == NEVER ? NEVER : (first + BUDGET_SLOTS) * slot;
}

static uint64_t
patience(const struct model_budget *b)
{
	return (b->last > b->paused_until ? b->last : b->paused_until) +
	    BUDGET_PATIENCE;
}

static uint64_t
windows_open(const struct model_budget *b)
{
	uint64_t at = 0, full;
	unsigned i;

	for (i = 0; b->exact && i < b->limits.nrates; i++) {
		full = window_full(&b->counted[i], &b->limits.rates[i]);
		if (full != 0 && b->counted[i].flying != 0 &&
		    full > patience(b))
			full = patience(b);
		if (full > at)
			at = full;
	}
	return at;
}

/* When there is room (ns): 0 where there is, or NEVER. */
static uint64_t
opens(const struct model_budget *b)
{
	uint64_t at, since;

	if (b->limits.concurrency && b->inflight >= b->limits.concurrency)
		return NEVER;
	at = windows_open(b);
	since = b->last > b->heard ? b->last : b->heard;
	since = since > b->paused_until ? since : b->paused_until;
	since = since > b->shape_until ? since : b->shape_until;
	if (at != 0 && b->pending == 0 && at > since + BUDGET_MEMORY)
		at = since + BUDGET_MEMORY;
	if (b->window == 0 || b->unsettled < places(b) + b->overdue)
		return at;
	return at > patience(b) ? at : patience(b);
}

static bool
has_room(const struct model_budget *b)
{
	return opens(b) == 0;
}

static uint64_t
shape_due(uint64_t until, int64_t left, uint64_t last)
{
	uint64_t parts = left > 0 ? (uint64_t)left + 1 : 1;

	if (until == 0 || last >= until)
		return until;
	return last + (until - last + parts - 1) / parts;
}

static bool
is_forgotten(const struct model_budget *b, uint64_t at)
{
	return b->pending == 0 && at >= b->last + BUDGET_MEMORY &&
	    at >= b->heard + BUDGET_MEMORY &&
	    at >= b->paused_until + BUDGET_MEMORY;
}

static void
advance(uint64_t to)
{
	struct model_budget *b;
	unsigned i, k;

	for (k = 0; k <= m.nparts; k++) {
		b = &m.b[k];
		fill(&b->limits, b->level, to - m.now);
		if (b->shape_until != 0 && to >= b->shape_until) {
			b->heard = b->shape_until;
			b->shape_until = 0;
			half_open(b);
		}
		if ((b->window != 0 || knows_refusals(b)) &&
		    is_forgotten(b, to)) {
			b->window = k == 0 && m.learning;
			b->overdue = 0;
			b->was_paused = b->early = b->opened = false;
			b->exact = false;
			b->passed = b->before = b->went = b->abreast = 0;
			b->refused = 0;
		}
		if (b->window != 0 && b->unsettled >= places(b) + b->overdue &&
		    to >= patience(b))
			b->overdue = b->unsettled + 1 - places(b);
		for (i = 0; i < b->limits.nrates && to >= patience(b); i++)
			if (b->counted[i].flying != 0)
				count(&b->counted[i], &b->limits.rates[i],
				    b->counted[i].flying, patience(b));
	}
	m.now = to;
}

static bool
allows(const struct model_budget *b, uint64_t cost)
{
	unsigned i;

	if (!has_room(b) || m.now < b->paused_until ||
	    m.now < shape_due(b->shape_until, b->left, b->last))
		return false;
	for (i = 0; i < b->limits.nrates; i++)
		if (b->level[i] < need(&b->limits.rates[i], cost))
			return false;
	return true;
}

static bool
part_allows(const struct item *it)
{
	return it->part == 0 || allows(&m.b[it->part], it->w.fair.cost);
}

/* Whether one of the queue is the first of its lane. */
static bool
leads(unsigned at)
{
	unsigned i;

	for (i = 0; i < at; i++)
		if (m.queue[i]->part == m.queue[at]->part)
			return false;
	return true;
}

/* The first of those that lead and have a part that allows them, or none. */
static unsigned
front(void)
{
	unsigned i;

	for (i = 0; i < m.nqueue; i++)
		if (leads(i) && part_allows(m.queue[i]))
			break;
	return i;
}

/* What would happen if nobody else came, and slots were free */

static struct future {
	uint64_t	 now;
	exact		 level[1 + PARTS][BUDGET_RATES];
	int64_t		 left[1 + PARTS];
	uint64_t	 last[1 + PARTS];
	const struct item *queue[ITEMS + 1];
	unsigned	 nqueue;
	bool		 rooms;		/* parts without room stay so */
} f;

static void
begin_future(bool rooms)
{
	unsigned k;

	f.now = m.now;
	f.nqueue = 0;
	f.rooms = rooms;
	for (k = 0; k <= m.nparts; k++) {
		memcpy(f.level[k], m.b[k].level, sizeof f.level[k]);
		f.left[k] = m.b[k].left;
		f.last[k] = m.b[k].last;
	}
}

static uint64_t
future_due(unsigned k, uint64_t cost)
{
	const struct model_budget *b = &m.b[k];
	uint64_t at = shape_due(b->shape_until, f.left[k], f.last[k]);
	const struct gcra_rate *r;
	exact lacking;
	unsigned i;

	if (f.rooms && at < opens(b))
		at = opens(b);
	if (at == NEVER)
		return NEVER;
	if (at < b->paused_until)
		at = b->paused_until;
	if (at < f.now)
		at = f.now;
	for (i = 0; i < b->limits.nrates; i++) {
		r = &b->limits.rates[i];
		lacking = need(r, cost) - f.level[k][i] + refill(r) - 1;
		if (lacking > 0 && f.now + (uint64_t)(lacking / refill(r)) > at)
			at = f.now + (uint64_t)(lacking / refill(r));
	}
	return at;
}

static void
future_spend(unsigned k, uint64_t cost)
{
	spend(&m.b[k].limits, f.level[k], cost);
	f.left[k]--;
	f.last[k] = f.now;
}

static void
future_go(unsigned at)
{
	const struct item *it = f.queue[at];

	future_spend(0, it->w.fair.cost);
	if (it->part != 0)
		future_spend(it->part, it->w.fair.cost);
	f.nqueue--;
	memmove(&f.queue[at], &f.queue[at + 1],
	    (f.nqueue - at) * sizeof f.queue[0]);
}

/* Who would go at the future's now, if anybody; else when to look again. */
static const struct item *
future_front(uint64_t *next)
{
	const struct item *it = NULL;
	bool seen[1 + PARTS] = { false };
	uint64_t due = NEVER;
	unsigned i;

	*next = NEVER;
	for (i = 0; i < f.nqueue; i++) {
		it = f.queue[i];
		if (seen[it->part])
			continue;
		seen[it->part] = true;
		due = it->part == 0 ? f.now :
		    future_due(it->part, it->w.fair.cost);
		if (due <= f.now)
			break;
		if (due < *next)
			*next = due;
	}
	if (i == f.nqueue)
		return NULL;
	due = future_due(0, it->w.fair.cost);
	if (due <= f.now) {
		future_go(i);
		return it;
	}
	if (due < *next)
		*next = due;
	return NULL;
}

/* The next to go, at the future's now then; NULL: nobody ever. */
static const struct item *
future_step(void)
{
	const struct item *it;
	uint64_t next;
	unsigned k;

	while ((it = future_front(&next)) == NULL && next != NEVER) {
		for (k = 0; k <= m.nparts; k++)
			fill(&m.b[k].limits, f.level[k], next - f.now);
		f.now = next;
	}
	return it;
}

/* When one would start behind so many of the queue. */
static uint64_t
future_start(const struct item *it, unsigned behind)
{
	const struct item *next;

	begin_future(false);
	for (f.nqueue = 0; f.nqueue < behind; f.nqueue++)
		f.queue[f.nqueue] = m.queue[f.nqueue];
	f.queue[f.nqueue++] = it;
	do
		next = future_step();
	while (next != NULL && next != it);
	return next == NULL ? NEVER : f.now;
}

/* Admission */

/*
 * All windows that end with the last admission.  A cost above the burst was
 * admitted with a full bucket, and counts as that much there.
 */
static void
check_windows(const struct model_budget *b, const struct gcra_rate *r)
{
	const struct admission *last = &b->log[b->nlog - 1];
	exact sum = 0, most, slack;
	uint64_t length;
	unsigned i;

	slack = m.prompt ? 0 : (exact)THROTTLE_LATE * refill(r);
	for (i = b->nlog; i-- > 0;) {
		sum += i == b->nlog - 1 ? need(r, last->cost) :
		    span(r, b->log[i].cost);
		length = last->at - b->log[i].at;
		most = span(r, r->burst) + (exact)length * refill(r);
		must(sum <= most + (i == b->nlog - 1 ? 0 : slack));
	}
}

static uint32_t
take(struct model_budget *b, uint64_t cost)
{
	unsigned i;

	must(m.now >= b->paused_until);
	must(m.now >= shape_due(b->shape_until, b->left, b->last));
	must(has_room(b));
	if (m.prompt)
		must(allows(b, cost));
	b->inflight++;
	b->pending++;
	b->unsettled++;
	b->left--;
	b->last = m.now;
	spend(&b->limits, b->level, cost);
	must(b->nlog < LOG);
	b->log[b->nlog].at = m.now;
	b->log[b->nlog++].cost = cost;
	for (i = 0; i < b->limits.nrates; i++) {
		b->counted[i].flying += thousands(cost);
		check_windows(b, &b->limits.rates[i]);
	}
	return b->epoch;
}

static void
admitted(struct item *it)
{
	it->epoch[0] = take(&m.b[0], it->w.fair.cost);
	if (it->part != 0)
		it->epoch[1] = take(&m.b[it->part], it->w.fair.cost);
	it->turn = m.turn;
	it->asks = it->returned && !m.open;
	it->settled = it->returned = false;
	m.held[m.nheld++] = it;
	m.admitted++;
}

static void
unlist(struct item **list, unsigned *n, unsigned at)
{
	memmove(&list[at], &list[at + 1], (--*n - at) * sizeof list[0]);
}

static void
unqueue(unsigned i)
{
	unlist(m.queue, &m.nqueue, i);
}

static void
forget(struct item *it)
{
	m.free[m.nfree++] = it;
}

/* One has left the queue: when it was computed to? */
static void
check_start(const struct item *it)
{
	if (it->reliefs == m.reliefs)
		must(m.now >= it->start);
	if (m.prompt && it->plain && it->upsets == m.upsets &&
	    m.b[0].limits.nrates <= 1)
		must(m.now <= it->start + (m.admitted - it->admitted));
}

static void
drain(void)
{
	struct throttle_waiter *w;
	struct item *it;
	unsigned i;

	while ((w = throttle_next(m.t, m.now)) != NULL) {
		for (i = 0; i < m.nqueue && w != &m.queue[i]->w; i++)
			;
		must(i < m.nqueue && leads(i));
		if (m.prompt || m.nparts == 0)
			must(i == (m.prompt ? front() : 0));
		it = m.queue[i];
		unqueue(i);
		check_start(it);
		admitted(it);
	}
	if (!m.prompt && m.nparts > 0)
		return;
	i = front();
	must(i == m.nqueue || !allows(&m.b[0], m.queue[i]->w.fair.cost));
}

#endif
