/* SPDX-License-Identifier: ISC */
#ifndef CHECK_ESTIMATE_SIM_STORE_H
#define CHECK_ESTIMATE_SIM_STORE_H

#include <string.h>

#include "check_estimate_sim_host.h"
#include "throttle/throttle_store.h"

/*
 * The store that several proxies share: what they ask it, and what it says,
 * later, or not at all.
 */

#define STORE_TIMEOUT	(200 * MS)

/* Sends what may go (check_estimate_sim.h). */
static void	pump(struct sim *, unsigned);

static struct sim_letter *
free_letter(struct sim *s, unsigned *n)
{
	struct sim_store *st = s->store;

	for (*n = 0; *n < LETTERS; ++*n)
		if (!st->letters[*n].used)
			return &st->letters[*n];
	ck_abort_msg("too much is asked");
}

static void
pose(struct sim *s, unsigned i, const struct throttle_store_question *q)
{
	uint64_t trip = s->trial->trip + 1;
	unsigned n;
	struct sim_letter *l = free_letter(s, &n);

	*l = (struct sim_letter){ .used = true, .proxy = i, .sent = s->now,
		.budget = q->budget };
	if (q->slots != NULL)
		l->slots = *q->slots;
	else
		l->q = *q->learn;
	l->lost = s->store->away || any(s) * 100 < s->trial->lossy;
	if (l->q.text != NULL) {
		memcpy(l->text, l->q.text, strlen(l->q.text) + 1);
		l->q.text = l->text;
	}
	s->out.asked++;
	if (l->lost && any(s) < 0.5)
		later(s, s->now + STORE_TIMEOUT, TOLD, n);
	else
		later(s, s->now + 1 + (uint64_t)(any(s) * (double)trip),
		    ASKED, n);
}

/* Of limits that an operator has set there: nobody else spends from those. */
static void
lease_all(struct sim *s, unsigned i, const struct throttle_store_question *q)
{
	struct lease_answer a = { .now = s->now, .serial = ++s->store->ids,
		.amount = q->ask->demand };
	unsigned k;

	for (k = 0; k < q->limits->nrates; k++) {
		a.begins[k] = s->now;
		a.ends[k] = s->now + 3600 * SEC;
	}
	(void)throttle_store_take(s->p[i].t, q->budget, q->number, &a, s->now,
	    s->now);
}

static void
look(struct sim *s, unsigned i)
{
	struct sim_proxy *p = &s->p[i];
	struct throttle_store_question q;
	char text[ESTIMATE_SAVED];
	struct throttle_store_round r = {
		.terms = {
			.source = s->store->away ? s->trial->without :
			    LEASE_STORE,
			.without = s->trial->without,
			.peers = s->trial->proxies,
			.grace = 10 * SEC,
		},
		.ids = &s->store->ids,
		.heard = p->heard,
		.text = text,
	};

	p->heard = false;
	while (throttle_store_ask(p->t, &r, s->now, &q)) {
		if (q.ask != NULL)
			lease_all(s, i, &q);
		else
			pose(s, i, &q);
	}
}

static void
look_again(struct sim *s, unsigned i)
{
	struct sim_proxy *p = &s->p[i];
	uint64_t at = throttle_store_due(p->t, s->now);

	if (at == NEVER || at >= p->round)
		return;
	p->round = at;
	later(s, at > s->now ? at : s->now + 1, ROUND, i);
}

static void
store_asked(struct sim *s, unsigned n)
{
	struct sim_store *st = s->store;
	struct sim_letter *l = &st->letters[n];
	unsigned i;

	if (l->slots.holder != 0)
		lease_slots_grant(&st->slots, &l->slots, st->run,
		    s->now + 5 * SEC, &l->lent);
	else
		lease_learn_grant(&st->g, &l->q, st->run, s->now + 5 * SEC,
		    &l->a);
	if (l->a.text != NULL) {
		memcpy(l->told, l->a.text, strlen(l->a.text) + 1);
		l->a.text = l->told;
	}
	/* it is published */
	for (i = 0; (l->q.returns || (!l->q.has && l->q.text != NULL) ||
	    l->q.orders != 0) && i < s->trial->proxies; i++)
		if (i != l->proxy && !st->away) {
			s->p[i].heard = true;
			later(s, s->now + s->trial->trip / 2 + 1, ROUND, i);
		}
	later(s, l->lost ? l->sent + STORE_TIMEOUT : s->now + 1 +
	    (uint64_t)(any(s) * (double)s->trial->trip), TOLD, n);
}

/* No two have the loan, even if one of them has not heard that it is over. */
static void
check_loans(struct sim *s)
{
	struct throttle_store_count n;
	unsigned i, have = 0;
	uint64_t slots = 0;

	for (i = 0; i < s->trial->proxies; i++) {
		n = throttle_store_count(s->p[i].t, s->now);
		have += n.learns;
		slots += n.slots;
	}
	must(have <= 1 && slots <= s->trial->slots);
}

static void
store_told(struct sim *s, unsigned n)
{
	struct sim_letter *l = &s->store->letters[n];

	if (l->slots.holder != 0)
		throttle_store_take_slots(s->p[l->proxy].t, l->budget,
		    l->slots.holder, l->lost ? NULL : &l->lent, s->now);
	else
		throttle_store_take_learn(s->p[l->proxy].t, l->q.holder,
		    l->lost ? NULL : &l->a, l->sent, s->now);
	l->used = false;
	check_loans(s);
	pump(s, l->proxy);
}

#endif
