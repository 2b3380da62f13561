/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CHECK_THROTTLE_OPERATIONS_H
#define SLUICE_CHECK_THROTTLE_OPERATIONS_H

#include <check.h>
#include <string.h>

#include "check_throttle_model.h"

/*
 * What check_throttle_oracle does to a throttle and its model at once, each
 * with what the throttle must answer: those who ask, wait and were admitted,
 * what the host says, and new limits.
 */

static void
do_time(uint64_t to)
{
	uint64_t wake;

	if (m.prompt)
		while ((wake = throttle_wake(m.t, m.now)) <= to) {
			must(wake > m.now);
			advance(wake);
			drain();
		}
	advance(to);
}

static uint64_t
any_step(void)
{
	uint64_t wake = throttle_wake(m.t, m.now);

	switch (any(8)) {
	case 0:
		return any(20) ? 1 : any(2000 * SEC);
	case 1:
		return any(MS);
	case 2:
		return any(3 * MS);
	case 3:
		return any(SEC);
	case 4:
		return any(20 * SEC);
	case 5:
		return wake == NEVER || wake < m.now ? 0 : wake - m.now;
	case 6:
		return wake == NEVER || wake <= m.now ? 0 : wake - m.now - 1;
	default:
		return 0;
	}
}

static uint64_t
any_cost(void)
{
	const struct budget_limits *l = &m.b[any(m.nparts + 1)].limits;
	uint64_t burst = l->nrates ? l->rates[0].burst : U;

	switch (any(9)) {
	case 0:
		return any(3);
	case 1:
		return U / 3;
	case 2:
		return burst;
	case 3:
		return burst + 1;
	case 4:
		return burst + any(2 * U);
	case 5:
		return any(5 * U);
	default:
		return U;
	}
}

static bool
only_rates(void)
{
	return m.nparts == 0 && m.b[0].limits.concurrency == 0 &&
	    m.b[0].window == 0 && m.b[0].shape_until == 0 &&
	    !m.b[0].exact;
}

/* What a refusal or a place in the queue was based on. */
/* Of these it is not certain that they go before others. */
static bool
any_returned(void)
{
	unsigned i;

	for (i = 0; i < m.nqueue; i++)
		if (m.queue[i]->returned)
			return true;
	return false;
}

static void
check_answer(enum throttle_answer answer, const struct item *it, unsigned at,
    uint64_t start)
{
	uint64_t real = future_start(it, at);

	must((answer == THROTTLE_FULL) == (m.nqueue >= m.queue_length));
	if (m.prompt)
		must(m.nqueue > 0 || !part_allows(it) ||
		    !allows(&m.b[0], it->w.fair.cost));
	if (answer == THROTTLE_FULL)
		return;
	must((start > it->w.deadline) == (answer == THROTTLE_LATE_START));
	if (m.prompt || m.nparts == 0)
		must(start <= real);
	must(start >= m.now);
	if (m.prompt && only_rates() && m.b[0].limits.nrates <= 1 &&
	    !any_returned())
		must(start + m.nqueue + 1 >= real);
}

static void
enqueue(struct item *it, unsigned at, uint64_t start)
{
	memmove(&m.queue[at + 1], &m.queue[at],
	    (m.nqueue++ - at) * sizeof m.queue[0]);
	m.queue[at] = it;
	it->start = start;
	it->plain = only_rates() && !any_returned();
	it->reliefs = m.reliefs;
	it->upsets = m.upsets;
	it->admitted = m.admitted;
}

static bool
is_waiting(unsigned part)
{
	unsigned i;

	for (i = 0; i < m.nqueue && m.queue[i]->part != part; i++)
		;
	return i < m.nqueue;
}

/* Where in the queue those begin that were returned. */
static unsigned
first_returned(void)
{
	unsigned at = 0;

	while (m.yield && at < m.nqueue && !m.queue[at]->returned)
		at++;
	return at;
}

static void
set_yield(bool yield)
{
	struct item *was[ITEMS + 1];
	unsigned i, n = 0, of = m.nqueue;

	if (yield == m.yield)
		return;
	m.yield = yield;
	m.reliefs++;
	m.upsets++;
	memcpy(was, m.queue, of * sizeof was[0]);
	for (i = 0; i < of; i++)
		if (was[i]->returned != yield)
			m.queue[n++] = was[i];
	for (i = 0; i < of; i++)
		if (was[i]->returned == yield)
			m.queue[n++] = was[i];
}

static void
do_ask(void)
{
	unsigned at = m.yield ? first_returned() : m.nqueue;
	struct throttle_request q = { .weight = FAIR_WEIGHT };
	enum throttle_answer answer;
	struct throttle_report r;
	struct item *it;

	if (m.nfree == 0)
		return;
	it = m.free[--m.nfree];
	it->part = (unsigned)any(m.nparts + 1);
	it->returned = false;
	q.cost = any_cost();
	q.deadline = any(3) == 0 ? NEVER : m.now + any(10 * SEC);
	if (any(20) == 0)
		q.deadline = m.now / 2;
	q.urgency = FAIR_URGENCY;
	q.part = it->part == 0 ? THROTTLE_WHOLE : it->part - 1;
	answer = throttle_ask(m.t, &it->w, &q, m.now, &r);
	if (answer == THROTTLE_GO) {
		must(!is_waiting(it->part));
		must(!m.prompt || front() == m.nqueue);
		must(r.start == m.now);
		admitted(it);
		return;
	}
	check_answer(answer, it, at, r.start);
	if (answer == THROTTLE_WAIT)
		enqueue(it, at, r.start);
	else
		forget(it);
}

static void
do_cancel(void)
{
	unsigned i;

	if (m.nqueue == 0)
		return;
	i = (unsigned)any(m.nqueue);
	throttle_cancel(m.t, &m.queue[i]->w);
	forget(m.queue[i]);
	unqueue(i);
	m.reliefs++;
	m.upsets++;
}

static void
make_whole(struct model_budget *b)
{
	b->window = 0;
	b->overdue = 0;
	b->was_paused = false;
}

static void
succeed(struct model_budget *b)
{
	bool doubles = ++b->passed < b->went || b->passed >= 2 * b->went;

	if (b->passed == 1 && b->refused != 0 && b->last > b->refused &&
	    b->guessed && !b->early)
		b->opened = true;
	if (b->window == 0)
		return;
	if (b->passed == b->went) {
		b->window = 1;
		b->extra = 0;
	} else if (doubles && (b->abreast == 0 || b->window < b->abreast)) {
		b->window++;
	} else {
		b->extra++;
		if (b->extra >= b->window && b->extra >= b->went / 4) {
			b->window++;
			b->extra = 0;
			if (b->abreast != 0 && b->window > b->abreast)
				b->abreast = b->window;
		}
	}
	if (b->window >= full_window(b))
		make_whole(b);
}

static void
refuse(struct model_budget *b)
{
	uint32_t n = b->unsettled + 1;

	b->guessed = false;
	if (b->was_paused && b->window != 0 && b->passed == 0 && n == 1)
		return;
	if (n > 1 && (b->window == 0 || b->passed < b->went)) {
		n -= (n + 3) / 4;
		b->abreast = n > b->abreast / 2 ? n : b->abreast / 2;
	}
	if (b->opened && b->was_paused && b->window != 0 && !b->early &&
	    b->passed < b->went / 2) {
		b->early = true;
		b->before = b->passed;
	} else {
		b->early = false;
		b->went = b->passed + b->before;
		b->before = 0;
		b->cut = b->epoch;
	}
	b->refused = m.now;
}

static void
settle(struct model_budget *b, uint32_t epoch, enum budget_verdict verdict)
{
	count_verdict(b, verdict);
	b->pending--;
	b->heard = m.now;
	if (verdict == BUDGET_NEUTRAL)
		b->left++;
	if (epoch != b->epoch) {
		if (verdict == BUDGET_SUCCESS && epoch == b->cut &&
		    b->refused != 0 && b->passed == 0)
			b->went++;
		return;
	}
	b->unsettled--;
	if (b->overdue > 0)
		b->overdue--;
	if (verdict == BUDGET_SUCCESS)
		succeed(b);
	else if (verdict == BUDGET_THROTTLED)
		refuse(b);
}

static void
settled(struct item *it, enum budget_verdict verdict)
{
	settle(&m.b[0], it->epoch[0], verdict);
	if (it->part != 0)
		settle(&m.b[it->part], it->epoch[1], verdict);
	it->settled = true;
	/* What a shape gets back may let this one go, or one before it. */
	if (verdict == BUDGET_NEUTRAL) {
		m.reliefs++;
		m.upsets++;
	}
}

static void
let_go(unsigned i)
{
	struct item *it = m.held[i];

	m.b[0].inflight--;
	if (it->part != 0)
		m.b[it->part].inflight--;
	unlist(m.held, &m.nheld, i);
}

/* A longer pause of a budget, or its first. */
static void
paused(struct model_budget *b, uint64_t until)
{
	if (until <= b->paused_until)
		return;
	if (m.now >= b->paused_until)
		half_open(b);
	b->paused_until = until;
	b->was_paused = true;
}

/* It named no time; how long that pauses, the budget's own tests know. */
static void
back_off(struct item *it)
{
	unsigned k = it->part != 0 && any(2) ? it->part : 0;
	unsigned part = k == 0 ? THROTTLE_WHOLE : k - 1;
	struct model_budget *b = &m.b[k];
	uint64_t pause;

	pause = throttle_backoff(m.t, part, &it->w, SEC, 60 * SEC, m.now);
	must((pause == 0) == (it->epoch[k != 0] != b->epoch &&
	    b->was_paused && b->window != 0));
	must(pause <= 60 * SEC);
	if (pause == 0)
		return;
	b->guessed = b->exact = true;
	throttle_pause(m.t, part, m.now + pause, m.now);
	paused(b, m.now + pause);
	if (part != THROTTLE_WHOLE)
		m.reliefs++;
	m.upsets++;
}

static void
do_verdict(void)
{
	static const enum budget_verdict verdicts[] = { BUDGET_SUCCESS,
	    BUDGET_SUCCESS, BUDGET_SUCCESS, BUDGET_THROTTLED,
	    BUDGET_NEUTRAL };
	enum budget_verdict verdict = verdicts[any(5)];
	struct item *it;
	bool since;

	if (m.nheld == 0)
		return;
	it = m.held[any(m.nheld)];
	throttle_verdict(m.t, &it->w, verdict, m.now);
	/* Only the first counts. */
	if (it->settled)
		return;
	since = it->turn == m.turn;
	if (verdict == BUDGET_SUCCESS) {
		m.open = m.open || since;
		if (++m.served >= 2)
			set_yield(false);
	} else if (verdict == BUDGET_THROTTLED) {
		if (it->asks || m.served > 0)
			set_yield(it->asks);
		m.served = 0;
		if (since) {
			m.turn++;
			m.open = false;
		}
	}
	settled(it, verdict);
	if (verdict == BUDGET_THROTTLED && any(2))
		back_off(it);
}

static void
do_release(void)
{
	struct item *it;
	unsigned i;

	if (m.nheld == 0)
		return;
	i = (unsigned)any(m.nheld);
	it = m.held[i];
	throttle_release(m.t, &it->w, m.now);
	if (!it->settled)
		settled(it, BUDGET_NEUTRAL);
	let_go(i);
	forget(it);
}

static void
do_return(void)
{
	unsigned i, at = first_returned();
	enum throttle_answer answer;
	struct throttle_report r;
	struct item *it;

	if (m.nheld == 0)
		return;
	i = (unsigned)any(m.nheld);
	it = m.held[i];
	if (!it->settled)
		return;
	while (at < m.nqueue && m.queue[at]->returned &&
	    m.queue[at]->w.fair.arrived <= it->w.fair.arrived)
		at++;
	answer = throttle_return(m.t, &it->w, m.now, &r);
	must((answer == THROTTLE_WAIT) == (r.start <= it->w.deadline));
	if (m.prompt || m.nparts == 0)
		must(r.start <= future_start(it, at));
	if (answer != THROTTLE_WAIT)
		return;
	let_go(i);
	it->returned = true;
	/* It may take what a part has left for others ahead of some. */
	m.reliefs++;
	m.upsets++;
	enqueue(it, at, r.start);
}

/* Those that were refused had to be; of those that stay, most could. */
static void
check_hopeless(void)
{
	uint64_t start;
	unsigned i = 0;

	while (i < m.nqueue) {
		start = future_start(m.queue[i], i);
		if (!m.queue[i]->out) {
			if (m.prompt && only_rates() &&
			    m.b[0].limits.nrates <= 1)
				must(any_returned() || start <= i + 1 ||
				    m.queue[i]->w.deadline >= start - i - 1);
			i++;
			continue;
		}
		if (m.prompt || m.nparts == 0)
			must(m.queue[i]->w.deadline < start);
		forget(m.queue[i]);
		unqueue(i);
		m.reliefs++;
		m.upsets++;
	}
}

static void
do_hopeless(void)
{
	struct throttle_queue out = TAILQ_HEAD_INITIALIZER(out);
	struct throttle_waiter *w;
	unsigned i, n = 0;

	for (i = 0; i < m.nqueue; i++)
		m.queue[i]->out = false;
	throttle_hopeless(m.t, m.now, &out);
	TAILQ_FOREACH(w, &out, entry) {
		((struct item *)(void *)w)->out = true;
		n++;
	}
	must(throttle_waiting(m.t) == m.nqueue - n);
	/* In order. */
	w = TAILQ_FIRST(&out);
	for (i = 0; i < m.nqueue; i++) {
		if (!m.queue[i]->out)
			continue;
		must(w == &m.queue[i]->w);
		w = TAILQ_NEXT(w, entry);
	}
	check_hopeless();
}

/* The host, or a part: its index here and its name there. */
static struct model_budget *
any_budget(unsigned *part)
{
	unsigned k = (unsigned)any(m.nparts + 1);

	*part = k == 0 ? THROTTLE_WHOLE : k - 1;
	return &m.b[k];
}

static void
do_pause(void)
{
	uint64_t until = m.now + any(10 * SEC);
	unsigned part;
	struct model_budget *b = any_budget(&part);

	must(throttle_pause(m.t, part, until, m.now) ==
	    (until > b->paused_until));
	paused(b, until);
	/* Whom a part's waiters held up may pass them. */
	if (part != THROTTLE_WHOLE)
		m.reliefs++;
	m.upsets++;
}

static void
do_resume(void)
{
	unsigned part;
	struct model_budget *b = any_budget(&part);

	throttle_resume(m.t, part, m.now);
	b->paused_until = 0;
	b->refused = 0;
	b->exact = false;
	make_whole(b);
	m.reliefs++;
	m.upsets++;
}

static void
do_shape(void)
{
	uint64_t left = any(3) ? any(10) : 0, reset = m.now + any(10 * SEC);
	unsigned part;
	struct model_budget *b = any_budget(&part);

	throttle_shape(m.t, part, left, reset, m.now);
	if (reset > m.now) {
		b->shape_until = reset;
		b->left = (int64_t)left - b->pending;
	} else if (b->shape_until != 0) {
		b->heard = m.now;
		b->shape_until = 0;
		half_open(b);
	}
	m.reliefs++;
	m.upsets++;
}

/* Limits */

static void
any_rate(struct gcra_rate *r, uint64_t period)
{
	static const uint64_t capacity[] = { U / 2, U, 3 * U, 7 * U, 10 * U };

	r->period = period;
	r->capacity = any(3) ? capacity[any(5)] : any(20 * U) + 1000;
	switch (any(4)) {
	case 0:
		r->burst = U;
		break;
	case 1:
		r->burst = any(5 * U) + 1;
		break;
	default:
		r->burst = r->capacity;
	}
	/* check_throttle_window has those that are strict */
	r->strict = false;
}

static void
any_limits(struct budget_limits *l)
{
	/* Each but for the last is there once at most. */
	const uint64_t period[] = { SEC, 3 * SEC, 60 * SEC, 7 * MS,
	    any(10 * SEC) + 1 };
	unsigned i, first = (unsigned)any(5);

	memset(l, 0, sizeof *l);
	l->nrates = any(2) ? 1 : (unsigned)any(4);
	for (i = 0; i < l->nrates; i++)
		any_rate(&l->rates[i], period[(first + i) % 5]);
	l->concurrency = any(2) ? 0 : (uint32_t)any(4) + 1;
}

static void
new_budget(struct model_budget *b)
{
	unsigned i;

	memset(b, 0, sizeof *b);
	any_limits(&b->limits);
	for (i = 0; i < b->limits.nrates; i++)
		b->level[i] = span(&b->limits.rates[i],
		    b->limits.rates[i].burst);
}

/*
 * New limits, with the same periods in the same order or with one period, so
 * that it is plain what pairs: what a bucket lacks stays what it lacks.
 */
static void
change_budget(struct model_budget *b)
{
	struct budget_limits l;
	const struct gcra_rate *old;
	struct gcra_rate *r;
	exact lacks;
	unsigned i;

	any_limits(&l);
	l.nrates = b->limits.nrates;
	for (i = 0; i < l.nrates; i++) {
		old = &b->limits.rates[i];
		r = &l.rates[i];
		lacks = span(old, old->burst) - b->level[i];
		any_rate(r, l.nrates == 1 && any(2) ? any(10 * SEC) + 1 :
		    old->period);
		if (r->period != old->period)
			memset(&b->counted[i], 0, sizeof b->counted[i]);
		lacks = (lacks * r->period + old->period - 1) / old->period;
		b->level[i] = span(r, r->burst) - lacks;
	}
	b->limits = l;
	b->nlog = 0;
}

static struct throttle_limits
limits(void)
{
	struct throttle_limits l = {
		.host = m.b[0].limits,
		.nparts = m.nparts,
		.queue_length = m.queue_length,
		.learning = m.learning,
	};
	unsigned k;

	for (k = 0; k < m.nparts; k++)
		l.parts[k] = &m.b[k + 1].limits;
	return l;
}

/* Parts go, come and change places; to[k] is where part k is. */
static void
change_parts(unsigned to[PARTS])
{
	static struct model_budget old[PARTS];
	unsigned k, n = m.nparts, shift = (unsigned)any(PARTS + 1);

	memcpy(old, &m.b[1], sizeof old);
	m.nparts = (unsigned)any(PARTS + 1);
	for (k = 1; k <= PARTS; k++)
		new_budget(&m.b[k]);
	for (k = 0; k < n; k++) {
		to[k] = (k + shift) % (PARTS + 1);
		if (to[k] < m.nparts)
			m.b[to[k] + 1] = old[k];
		else
			to[k] = THROTTLE_WHOLE;
	}
}

static void
moved(struct item *it, const unsigned to[PARTS])
{
	if (it->part != 0)
		it->part = to[it->part - 1] == THROTTLE_WHOLE ? 0 :
		    to[it->part - 1] + 1;
}

static void
do_limit(void)
{
	unsigned i, to[PARTS] = { 0, 1 };
	struct throttle_limits l;

	if (m.nparts > 0 && any(2))
		change_parts(to);
	for (i = 0; i <= m.nparts; i++)
		change_budget(&m.b[i]);
	m.queue_length = (uint32_t)any(ITEMS);
	l = limits();
	must(throttle_limit(m.t, &l, to, m.now));
	for (i = 0; i < m.nqueue; i++)
		moved(m.queue[i], to);
	for (i = 0; i < m.nheld; i++) {
		throttle_moved(&m.held[i]->w, to);
		moved(m.held[i], to);
	}
	m.reliefs++;
	m.upsets++;
}

#endif
