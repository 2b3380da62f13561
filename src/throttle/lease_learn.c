/* SPDX-License-Identifier: ISC */
#include "throttle/lease_learn.h"

#include <string.h>

#include "base/sum.h"
#include "throttle/lease_math.h"

#define LIVES	3	/* ttls until who is silent is gone */
#define TURN	10	/* in a ttl: so long the next one in line goes first */
#define POLLS	2	/* in a ttl, of who waits */

void
lease_learn_init(struct lease_learn *g)
{
	memset(g, 0, sizeof *g);
}

/* Another process keeps it: what it has may be old. */
static void
restart(struct lease_learn *g, uint64_t run, uint64_t ttl, uint64_t now)
{
	bool set_back = now + ttl < g->newest;

	if (g->run == run && !set_back)
		return;
	if (set_back) {
		g->newest = g->ends = g->passed = 0;
		g->ordered = g->renewed = g->heeded = 0;
	}
	g->run = run;
	g->quarantine = sum(now, lease_at_latest(ttl));
	g->lost = g->known ? LEARN_ALL : 0;
}

/* Those that were heard of before the clock was set back, too. */
static void
forget_silent(struct lease_learn *g, uint64_t ttl, uint64_t now)
{
	unsigned i;

	for (i = 0; i < LEARN_HOLDERS; i++)
		if (g->learners[i].until <= now ||
		    g->learners[i].until > now + LIVES * ttl)
			g->learners[i].id = 0;
}

/* Its place, made where there is one; NULL: all are others'. */
static struct lease_learner *
learner_of(struct lease_learn *g, uint64_t id)
{
	struct lease_learner *free_one = NULL;
	unsigned i;

	for (i = 0; i < LEARN_HOLDERS; i++) {
		if (g->learners[i].id == id)
			return &g->learners[i];
		if (free_one == NULL && g->learners[i].id == 0)
			free_one = &g->learners[i];
	}
	if (free_one != NULL)
		*free_one = (struct lease_learner){ .id = id };
	return free_one;
}

/* Whether somebody else waits; *first: and none of them for longer. */
static bool
others_wait(const struct lease_learn *g, const struct lease_learner *me,
    bool *first)
{
	const struct lease_learner *l;
	bool wait = false;
	unsigned i;

	*first = true;
	for (i = 0; i < LEARN_HOLDERS; i++) {
		l = &g->learners[i];
		if (l == me || l->id == 0 || l->since == 0)
			continue;
		wait = true;
		if (me->since == 0 || l->since < me->since ||
		    (l->since == me->since && l->id < me->id))
			*first = false;
	}
	return wait;
}

static void
write_down(struct lease_learn *g, const struct lease_learn_question *q,
    uint64_t now)
{
	size_t len = strlen(q->text);

	if (len >= sizeof g->text)
		return;
	memcpy(g->text, q->text, len + 1);
	g->known = true;
	g->written = now;
	g->writer = q->holder;
	g->merged = q->merged;
	g->merged_late = q->merged_late;
	g->lost = 0;
	/* what it has ordered, it has done */
	g->heeded = q->orders != 0 ? g->ordered : q->heeded;
}

/* An operator has ordered something there. */
static void
obey(struct lease_learn *g, const struct lease_learn_question *q, uint64_t now)
{
	uint64_t at = lease_less(now, q->orders);

	if (q->orders == 0)
		return;
	g->ordered = larger(g->ordered, at);
	if (q->renews)
		g->renewed = larger(g->renewed, at);
}

/*
 * Who has the loan, even if it has ended, and nobody had one since; or who had
 * one that is not known here any more.
 */
static bool
has_loan(const struct lease_learn *g, const struct lease_learn_question *q)
{
	if (!q->has)
		return false;
	return q->known > g->serial || (g->known && q->known == g->serial &&
	    g->holder == q->holder && q->number > g->number);
}

static void
go_on(struct lease_learn *g, const struct lease_learn_question *q,
    uint64_t now, struct lease_learn_answer *a)
{
	g->serial = q->known;
	g->number = q->number;
	if (q->text != NULL) {
		write_down(g, q, now);
		g->ahead = q->ahead;
	}
	if (q->returns) {
		g->holder = 0;
		g->passed = now;
		return;
	}
	g->holder = q->holder;
	g->ends = sum(now, q->ttl);
	a->serial = g->serial;
	a->ends = g->ends;
}

/* When the loan may be had, by one who is first in line or not; 0: now. */
static uint64_t
loan_at(const struct lease_learn *g, bool first,
    const struct lease_learn_question *q, uint64_t now)
{
	uint64_t turn = sum(g->passed, q->ttl / TURN);

	if (now < g->quarantine)
		return g->quarantine;
	if (g->holder != 0)
		return now < g->ends && g->holder != q->holder ? g->ends : 0;
	return first || now >= turn ? 0 : turn;
}

static void
lend(struct lease_learn *g, const struct lease_learn_question *q,
    struct lease_learner *me, uint64_t now, struct lease_learn_answer *a)
{
	/* who has not heard of its loan has used nothing of it */
	if (g->holder != 0 && (g->holder != q->holder ||
	    q->known == g->serial))
		g->lost = lease_smaller(g->lost + g->ahead, LEARN_ALL);
	g->serial = larger(g->serial, q->known) + 1;
	g->holder = q->holder;
	g->number = q->number;
	g->ahead = q->ahead;
	g->ends = sum(now, q->ttl);
	me->since = 0;
	a->serial = g->serial;
	a->ends = g->ends;
	a->lost = g->lost;
	a->merged = g->merged;
	a->merged_late = g->merged_late;
	a->written = g->written;
	if (g->writer != q->holder || g->lost != 0)
		a->text = g->text;
}

/* The first that is known; what was known before may be lost with that. */
static void
offer(struct lease_learn *g, const struct lease_learn_question *q,
    uint64_t now)
{
	unsigned i;

	write_down(g, q, now);
	g->lost = q->known != 0 ? LEARN_ALL : 0;
	g->holder = 0;
	g->passed = now;
	g->went = g->late = 0;
	for (i = 0; i < LEARN_HOLDERS; i++)
		g->learners[i].told = g->learners[i].id == q->holder;
}

/* What went from another one by its pass: once. */
static void
hear(struct lease_learn *g, const struct lease_learn_question *q,
    struct lease_learner *me, uint64_t now)
{
	uint64_t began = lease_less(now, q->began);

	if (!g->known || q->went == 0 || me->told)
		return;
	me->told = true;
	g->began = g->went == 0 ? began : lease_smaller(g->began, began);
	g->went = lease_smaller(g->went + q->went, LEARN_ALL);
	g->late = lease_smaller(g->late + q->late, LEARN_ALL);
}

static uint64_t
abroad(const struct lease_learn *g, const struct lease_learner *me)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < LEARN_HOLDERS; i++)
		if (g->learners[i].id != 0 && &g->learners[i] != me)
			n += g->learners[i].flying;
	return n;
}

static void
answer(struct lease_learn *g, const struct lease_learn_question *q,
    struct lease_learner *me, uint64_t now, struct lease_learn_answer *a)
{
	bool first, had = has_loan(g, q);
	uint64_t at;

	obey(g, q, now);
	if (had)
		go_on(g, q, now, a);
	else if (!g->known && q->text != NULL && now >= g->quarantine)
		offer(g, q, now);
	hear(g, q, me, now);
	if (!q->wants || a->serial != 0)
		me->since = 0;
	else if (me->since == 0)
		me->since = larger(now, 1);
	a->known = g->known;
	a->others = others_wait(g, me, &first);
	a->went = g->went;
	a->late = g->late;
	a->began = g->began;
	a->ordered = g->ordered;
	a->renewed = g->renewed;
	a->heeded = g->heeded;
	if (a->serial != 0)
		return;
	if (!g->known && now >= g->quarantine) {
		a->free = true;
		a->ends = sum(now, q->ttl);
		me->since = 0;
		return;
	}
	if (!q->wants)
		return;
	at = g->known ? loan_at(g, first, q, now) : g->quarantine;
	/* who has just given it back waits behind those who are there */
	if (at == 0 && had && a->others)
		at = sum(now, q->ttl / TURN);
	if (at == 0)
		lend(g, q, me, now, a);
	else
		a->again_at = lease_smaller(at, sum(now, q->ttl /
		    POLLS));
}

void
lease_learn_grant(struct lease_learn *g, const struct lease_learn_question *q,
    uint64_t run, uint64_t now, struct lease_learn_answer *a)
{
	struct lease_learner *me;

	restart(g, run, q->ttl, now);
	now = g->newest = larger(g->newest, now);
	*a = (struct lease_learn_answer){ .now = now };
	forget_silent(g, q->ttl, now);
	if ((me = learner_of(g, q->holder)) == NULL) {
		a->again_at = sum(now, q->ttl);
		return;
	}
	me->until = sum(now, LIVES * q->ttl);
	me->flying = q->flying;
	a->abroad = abroad(g, me);
	answer(g, q, me, now, a);
}
