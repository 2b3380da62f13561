/* SPDX-License-Identifier: ISC */
#ifndef CHECK_ESTIMATE_SIM_H
#define CHECK_ESTIMATE_SIM_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check_estimate_sim_host.h"
#include "check_estimate_sim_store.h"
#include "check_run.h"
#include "throttle/throttle_lease.h"
#include "throttle/throttle_store.h"

/*
 * Hosts that enforce limits in the ways in use, crowds of clients that know of
 * none, and a throttle between them, on a clock that is only a number.  Nothing
 * is random but by a seed.
 */

/* The throttle */

static uint64_t
way(struct sim *s)
{
	return s->trial->latency / 2 + 1 +
	    (uint64_t)(any(s) * (double)s->trial->jitter);
}

/* The throttle that a client's requests go by. */
static struct throttle *
sim_throttle_of(const struct sim *s, unsigned i)
{
	return s->p[i % s->trial->proxies].t;
}

static void
sim_sent(struct sim *s, unsigned i)
{
	throttle_sent(sim_throttle_of(s, i), &s->c[i].w, s->now);
	later(s, s->now + way(s), COUNT, i);
}

static void
sim_send(struct sim *s, unsigned i)
{
	s->c[i].stale = false;
	if (i == 0 && s->trial->upload != 0)
		later(s, s->now + s->trial->upload, SENT, i);
	else
		sim_sent(s, i);
}

static void
pump(struct sim *s, unsigned i)
{
	struct sim_proxy *p = &s->p[i % s->trial->proxies];
	struct throttle_waiter *w;
	uint64_t at;

	while ((w = throttle_next(p->t, s->now)) != NULL)
		sim_send(s, (unsigned)w->fair.client);
	if (s->store != NULL && throttle_lease_is_low(p->t, s->now)) {
		look(s, i % s->trial->proxies);
		look_again(s, i % s->trial->proxies);
	}
	at = throttle_wake(p->t, s->now);
	if (at == NEVER || at >= p->wake)
		return;
	p->wake = at;
	later(s, at > s->now ? at : s->now + 1, WAKE, i % s->trial->proxies);
}

static void
sim_ask(struct sim *s, unsigned i)
{
	struct throttle_request q = {
		.client = i,
		.cost = U,
		.weight = FAIR_WEIGHT,
		.deadline = NEVER,
		.part = THROTTLE_WHOLE,
	};
	struct throttle_report r;

	s->c[i].left--;
	if (throttle_ask(sim_throttle_of(s, i), &s->c[i].w, &q, s->now, &r) ==
	    THROTTLE_GO)
		sim_send(s, i);
}

static void
next_request(struct sim *s, unsigned i)
{
	struct sim_client *c = &s->c[i];

	if (c->left == 0)
		return;
	if (s->trial->poisson)
		c->arrival += (uint64_t)(-log(1 -
		    any_of(&c->random)) * (double)s->gap);
	later(s, c->arrival > s->now ? c->arrival : s->now, ARRIVE, i);
}

static void
first_refusal(struct sim *s)
{
	unsigned i;

	if (s->was_refused)
		return;
	s->was_refused = true;
	for (i = 0; i < s->trial->clients; i++)
		s->c[i].stale = s->c[i].w.held;
}

static void
sim_verdict(struct sim *s, unsigned i, enum budget_verdict verdict)
{
	const struct origin_limit *l = s->trial->limits;
	struct throttle *t = sim_throttle_of(s, i);
	const struct sim_client *c = &s->c[i];
	uint64_t until = s->now + c->reset;

	throttle_verdict(t, &s->c[i].w, verdict, s->now);
	if (s->trial->fields == SILENT || throttle_estimated(t) == NULL)
		return;
	if (s->trial->fields == WINDOW)
		throttle_estimate_told(t, l->n, l->w, s->now);
	if (!throttle_estimate_left(t, &c->w, &(struct estimate_room){
	    l->n, c->room, until }, verdict == BUDGET_THROTTLED, s->now) &&
	    c->room == 0 && verdict == BUDGET_SUCCESS)
		throttle_pause(t, THROTTLE_WHOLE, until, s->now);
}

static void
sim_refused(struct sim *s, unsigned i)
{
	struct sim_client *c = &s->c[i];
	struct throttle *t = sim_throttle_of(s, i);
	struct throttle_report r;

	s->out.refused++;
	if (s->trial->until != 0 && s->now > s->start + s->trial->until / 2)
		s->out.late++;
	if (c->w.mark.role == ESTIMATE_EXTRA)
		s->out.questions++;
	if (s->trial->newcomer != 0 &&
	    i % s->trial->proxies == s->trial->proxies - 1)
		s->out.new_refused++;
	first_refusal(s);
	s->out.at_first += c->stale;
	sim_verdict(s, i, BUDGET_THROTTLED);
	if (throttle_estimated(t) == NULL)
		throttle_pause(t, THROTTLE_WHOLE, s->now + (c->wait != 0 ?
		    c->wait : throttle_backoff(t, THROTTLE_WHOLE, &c->w,
		    SEC / 2, 60 * SEC, s->now)), s->now);
	else if (c->wait != 0)
		throttle_estimate_named(t, s->now + c->wait, s->now);
	must(throttle_return(t, &c->w, s->now, &r) == THROTTLE_WAIT);
}

static void
sim_answer(struct sim *s, unsigned i)
{
	struct sim_client *c = &s->c[i];
	struct throttle *t = sim_throttle_of(s, i);

	if (!c->ok) {
		sim_refused(s, i);
		return;
	}
	sim_verdict(s, i, BUDGET_SUCCESS);
	throttle_release(t, &c->w, s->now);
	s->out.done++;
	s->out.by[i % s->trial->proxies]++;
	s->out.time = s->now;
	if (s->trial->until != 0 && s->now > s->start + s->trial->until / 4 * 3)
		s->out.tail_done++;
	if (s->now > s->start + s->trial->watched)
		s->out.watched++;
	next_request(s, i);
}

/* How far away a reset is as it can be told. */
static uint64_t
told_reset(const struct sim *s, uint64_t reset)
{
	uint64_t now = s->trial->fields == DATED ? s->now + s->clock : 0;

	return (now + reset + SEC - 1) / SEC * SEC - now / SEC * SEC;
}

static void
sim_count(struct sim *s, unsigned i)
{
	struct sim_client *c = &s->c[i];
	struct origin_limit *l = s->trial->limits;

	c->ok = origin_asked(s->trial, s->now, &c->wait);
	c->wait = s->trial->names ? (c->wait + SEC - 1) / SEC * SEC : 0;
	if (s->trial->fields != SILENT) {
		c->room = origin_left(l, s->now, &c->reset);
		c->reset = told_reset(s, c->reset);
		if (!c->ok && c->wait == 0)
			c->wait = c->reset;
	}
	if (!c->ok || l->kind != SLOTS)
		later(s, s->now + way(s) + (c->ok ? origin_work(s) : 0),
		    ANSWER, i);
	else
		later(s, s->now + l->w, FINISH, i);
}

static void
sim_other(struct sim *s)
{
	const struct origin_limit *l = s->trial->limits;
	uint64_t wait;

	if (s->trial->others_until != 0 &&
	    s->now > s->start + s->trial->others_until)
		return;
	origin_asked(s->trial, s->now, &wait);
	later(s, s->now + 1 + (uint64_t)(-log(1 - any(s)) * (double)l->w *
	    100 / (double)(l->n * s->trial->others)), OTHER, 0);
}

/* What a rule says. */
static struct throttle_limits
sim_limits(const struct trial *x)
{
	struct throttle_limits l = { .queue_length = 1000000 };
	unsigned i;

	for (i = 0; x->knows && i < x->nlimits; i++) {
		if (x->limits[i].kind == SLOTS)
			l.host.concurrency = (uint32_t)x->limits[i].n;
		else
			l.host.rates[l.host.nrates++] = (struct gcra_rate){
				x->limits[i].n * U, x->limits[i].w,
				burst_of(&x->limits[i]) * U,
				x->limits[i].kind != BUCKET };
	}
	if (x->slots != 0)
		l.host.concurrency = x->slots;
	l.estimates = l.probes = !x->knows;
	return l;
}

static struct throttle *sim_throttle(const struct trial *);

/* It says its last word. */
static void
part(struct sim *s, unsigned i)
{
	struct throttle_store_question q;
	char text[ESTIMATE_SAVED];
	unsigned next = 0;

	while (throttle_store_leave(s->p[i].t, THROTTLE_STORE_LEARNED, &next,
	    true, text, s->now, &q))
		pose(s, i, &q);
	throttle_store_left(s->p[i].t, THROTTLE_STORE_LEARNED);
}

/* A proxy is killed and started anew, and its clients ask again. */
static void
sim_kill(struct sim *s, unsigned proxy)
{
	struct sim_proxy *p = &s->p[proxy];
	struct sim_client *c;
	bool asked;
	unsigned i;

	if (s->trial->parts)
		part(s, proxy);
	for (i = proxy; i < s->trial->clients; i += s->trial->proxies) {
		c = &s->c[i];
		asked = c->w.fair.flow != NULL || c->w.held;
		if (c->w.fair.flow != NULL)
			throttle_cancel(p->t, &c->w);
		else if (c->w.held)
			throttle_release(p->t, &c->w, s->now);
		if (!asked)
			continue;
		memset(&c->w, 0, sizeof c->w);
		c->life++;
		c->left++;
		later(s, s->now + 50 * MS, ARRIVE, i);
	}
	throttle_free(p->t);
	p->t = sim_throttle(s->trial);
	p->wake = p->round = NEVER;
}

/* An operator tells a proxy that the host is open, one without the loan. */
static void
sim_resume(struct sim *s)
{
	unsigned i = 0;

	s->trial->down_until = s->now;
	while (s->store != NULL && throttle_store_count(s->p[i].t,
	    s->now).learns)
		i++;
	throttle_open(s->p[i].t, s->now);
	throttle_store_order(s->p[i].t, false, s->now);
	pump(s, i);
}

/* An operator sets the first one's limits to a request an hour, or unsets that. */
static void
sim_hold(struct sim *s, bool holds)
{
	static const unsigned same[THROTTLE_PARTS];
	struct throttle_limits l = sim_limits(s->trial);

	if (holds)
		l.host.rates[l.host.nrates++] = (struct gcra_rate){ U,
			3600 * SEC, U, false };
	must(throttle_limit(s->p[0].t, &l, same, s->now));
	pump(s, 0);
}

/* One of a proxy that is gone. */
static void
happen_alone(struct sim *s, const struct event *e)
{
	uint64_t wait;

	s->now = e->at;
	if (e->what == COUNT && origin_asked(s->trial, s->now, &wait) &&
	    s->trial->limits[0].kind == SLOTS)
		later_of(s, s->now + s->trial->limits[0].w, FINISH, e->i,
		    e->life);
	else if (e->what == FINISH)
		s->trial->limits[0].count--;
}

static void
look_all(struct sim *s)
{
	unsigned i;

	for (i = 0; i < s->trial->proxies; i++) {
		look(s, i);
		look_again(s, i);
		pump(s, i);
	}
}

/* Something that is of no client. */
static bool
happen_there(struct sim *s, const struct event *e)
{
	switch (e->what) {
	case ROUND:
		if (s->p[e->i].round <= e->at)
			s->p[e->i].round = NEVER;
		look(s, e->i);
		look_again(s, e->i);
		break;
	case ASKED:
		store_asked(s, e->i);
		return true;
	case TOLD:
		store_told(s, e->i);
		return true;
	case KILL:
		sim_kill(s, 0);
		if (s->trial->every != 0)
			later(s, s->now + s->trial->every, KILL, 0);
		break;
	case RESUME:
		sim_resume(s);
		return true;
	case HOLD:
	case UNHOLD:
		sim_hold(s, e->what == HOLD);
		return true;
	case EMPTY:
		lease_learn_init(&s->store->g);
		lease_slots_init(&s->store->slots, s->store->holders,
		    LEARN_HOLDERS);
		s->store->run++;
		return true;
	case AWAY:
	case BACK:
		s->store->away = e->what == AWAY;
		look_all(s);
		return true;
	default:
		return false;
	}
	pump(s, e->i);
	return true;
}

static void
happen(struct sim *s, const struct event *e)
{
	s->now = e->at;
	if (happen_there(s, e))
		return;
	if (e->what < WAKE && e->life != s->c[e->i].life) {
		happen_alone(s, e);
		return;
	}
	switch (e->what) {
	case ARRIVE:
		sim_ask(s, e->i);
		break;
	case SENT:
		sim_sent(s, e->i);
		return;
	case COUNT:
		sim_count(s, e->i);
		return;
	case FINISH:
		s->trial->limits[0].count--;
		later(s, s->now + way(s), ANSWER, e->i);
		return;
	case ANSWER:
		sim_answer(s, e->i);
		break;
	case OTHER:
		sim_other(s);
		return;
	case WAKE:
		if (s->p[e->i].wake <= e->at)
			s->p[e->i].wake = NEVER;
		break;
	default:
		break;
	}
	pump(s, e->i);
}

static struct throttle *
sim_throttle(const struct trial *x)
{
	struct throttle_limits l = sim_limits(x);
	struct throttle *t = throttle_new(&l);

	must(t != NULL);
	throttle_counted_within(t, x->within != 0 ? x->within : SEC);
	if (x->shared && !x->knows)
		throttle_store(t);
	return t;
}

static void
sim_begin(struct sim *s)
{
	struct trial *x = s->trial;
	uint64_t n = x->limits[0].n, w = x->limits[0].w;
	unsigned i;

	for (i = 0; i < x->nlimits; i++)
		origin_start(&x->limits[i], s);
	if (x->fields == DATED)
		s->clock = (uint64_t)(any(s) * (double)SEC);
	if (x->limits[0].kind == SLOTS)
		s->gap = w * x->clients / n * 2 / 3;
	else
		s->gap = (uint64_t)((double)w * x->clients / (double)n / 1.5);
	for (i = 0; i < x->clients; i++) {
		s->c[i].left = x->total / x->clients +
		    (i < x->total % x->clients);
		s->c[i].random = x->seed * 104729 + i * 7919 + 1;
		s->c[i].arrival = s->now + (uint64_t)(any(s) * 2 * MS);
		if (i % x->proxies == x->proxies - 1)
			s->c[i].arrival += x->newcomer;
		next_request(s, i);
	}
	if (x->others > 0)
		later(s, s->now, OTHER, 0);
	if (x->resumed != 0)
		later(s, s->now + x->resumed, RESUME, 0);
	if (x->held != 0) {
		later(s, s->now + x->held, HOLD, 0);
		later(s, s->now + x->unheld, UNHOLD, 0);
	}
	if (s->store == NULL)
		return;
	if (x->killed != 0)
		later(s, s->now + x->killed, KILL, 0);
	if (x->emptied != 0)
		later(s, s->now + x->emptied, EMPTY, 0);
	if (x->away != 0) {
		later(s, s->now + x->away, AWAY, 0);
		later(s, s->now + x->back, BACK, 0);
	}
}

/*
 * Under valgrind whole lives would take many minutes: then a test has a short one,
 * in which nothing is found in time, and looks at none of its figures.
 */
static inline bool
brief(void)
{
	return repetitions(10) < 10;
}

/* Runs a trial; what the host has counted is forgotten at its end. */
static struct outcome
simulate(struct trial x)
{
	struct sim s = {
		.trial = &x,
		.start = BEGIN,
		.now = BEGIN,
		.random = x.seed * 7919 + 1,
	};
	struct event e;
	unsigned i;

	s.c = calloc(x.clients, sizeof *s.c);
	must(s.c != NULL);
	if (x.proxies == 0)
		x.proxies = 1;
	for (i = 0; i < x.proxies; i++)
		s.p[i] = (struct sim_proxy){ .t = sim_throttle(&x),
			.wake = NEVER, .round = NEVER };
	if (x.shared && !x.knows) {
		s.store = calloc(1, sizeof *s.store);
		must(s.store != NULL);
		lease_learn_init(&s.store->g);
		lease_slots_init(&s.store->slots, s.store->holders,
		    LEARN_HOLDERS);
		s.store->slots.run = s.store->run = s.store->g.run = 1;
	}
	if (x.changed != 0)
		x.changed += BEGIN;
	if (x.down_until != 0) {
		x.down += BEGIN;
		x.down_until += BEGIN;
	}
	sim_begin(&s);
	while (s.n > 0 && s.out.done < x.total) {
		e = first_event(&s);
		if (e.at > BEGIN + 86400 * SEC ||
		    (x.until != 0 && e.at > BEGIN + x.until))
			break;
		happen(&s, &e);
	}
	s.out.time -= BEGIN;
	for (i = 0; i < x.clients; i++) {
		if (s.c[i].w.fair.flow != NULL)
			throttle_cancel(sim_throttle_of(&s, i), &s.c[i].w);
		else if (s.c[i].w.held)
			throttle_release(sim_throttle_of(&s, i), &s.c[i].w,
			    s.now);
	}
	for (i = 0; i < x.proxies; i++)
		throttle_free(s.p[i].t);
	for (i = 0; i < x.nlimits; i++)
		free(x.limits[i].log);
	free(s.heap);
	free(s.store);
	free(s.c);
	return s.out;
}

/*
 * What it costs not to be told the limits, as one of so many trials: refusals, but
 * for those on their way at the first one and for questions, and the time by that
 * of a throttle that was told.  Added to what is there.
 */
static inline void
add_cost(struct trial x, unsigned of, double *refused, double *time)
{
	struct outcome found = simulate(x), known;

	x.knows = true;
	known = simulate(x);
	must(found.done == x.total && known.done == x.total);
	*refused += (double)(found.refused - found.at_first -
	    found.questions) / of;
	*time += (double)found.time / (double)known.time / of;
}

/* How much has gone while it was watched, as a part of what the host allows. */
static inline double
part_that_went(const struct trial *x, const struct outcome *found)
{
	double allowed = INFINITY;	/* in a ns */
	unsigned i;

	for (i = 0; i < x->nlimits; i++)
		allowed = fmin(allowed, (double)x->limits[i].n /
		    (double)x->limits[i].w);
	return (double)found->watched /
	    (allowed * (double)(x->until - x->watched));
}

#endif
