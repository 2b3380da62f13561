/* SPDX-License-Identifier: ISC */

/*
 * Random histories of a throttle against a slow and obvious model of it: a
 * token bucket per rate in exact arithmetic, a queue in an array, a log of all
 * that was admitted.
 *
 * In a prompt history the throttle is asked for waiters at each instant it
 * names, and must agree with the model exactly.  In a late one it is asked
 * when it pleases; then the model, which gives no credit for lateness, is what
 * the throttle must at least let through, and the log what it must not exceed.
 *
 * THROTTLE_SEED in the environment makes that seed's history the first.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/throttle.h"
#include "check_run.h"

#define U		BUDGET_UNIT
#define MS		1000000ULL
#define SEC		1000000000ULL
#define NEVER		THROTTLE_NEVER

#define HISTORIES	10000
#define STEPS		150
#define ITEMS		32		/* waiters at a time */
#define LOG		4096

__extension__ typedef __int128 wide;

struct item {
	struct throttle_waiter	 w;	/* first: the throttle returns it */
	uint64_t		 start;	/* ns, as computed on arrival */
	unsigned		 reliefs;	/* until its arrival */
	unsigned		 upsets;
	unsigned		 admitted;
};

struct admission {
	uint64_t	 at;
	uint64_t	 cost;
};

static struct model {
	struct throttle		*t;
	struct throttle_limits	 limits;
	bool			 prompt;
	uint64_t		 now;
	uint64_t		 paused_until;
	uint32_t		 inflight;
	/* Tokens in a bucket, times its period; below 0 in debt. */
	wide			 level[BUDGET_RATES];
	struct item		 items[ITEMS];
	struct item		*free[ITEMS];
	unsigned		 nfree;
	struct item		*queue[ITEMS];
	unsigned		 nqueue;
	struct admission	 log[LOG];	/* since the last new limits */
	unsigned		 nlog;
	unsigned		 admitted;
	unsigned		 reliefs;	/* what may start one sooner */
	unsigned		 upsets;	/* what may change a start */
} m;

static uint64_t seed;		/* of the history */
static unsigned step;
static uint64_t state;		/* of the generator: xorshift64* */

static void
broken(const char *what)
{
	ck_abort_msg("seed %llu, step %u: %s", (unsigned long long)seed, step,
	    what);
}

/* An assertion of Check itself leaves a trace each time: too slow here. */
#define must(x)	do { if (!(x)) broken(#x); } while (0)

static uint64_t
any(uint64_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545f4914f6cdd1dULL >> 11) % below;
}

static uint64_t
refill(const struct budget_rate *r)
{
	return r->strict && r->burst < r->capacity ?
	    r->capacity - r->burst : r->capacity;
}

static wide
span(const struct budget_rate *r, uint64_t cost)
{
	return (wide)cost * r->period;
}

/* What the bucket has to hold for a cost. */
static wide
need(const struct budget_rate *r, uint64_t cost)
{
	return span(r, cost < r->burst ? cost : r->burst);
}

static void
fill(const struct budget_rate *r, wide *level, uint64_t ns)
{
	*level += (wide)ns * refill(r);
	if (*level > span(r, r->burst))
		*level = span(r, r->burst);
}

static void
advance(uint64_t to)
{
	unsigned i;

	for (i = 0; i < m.limits.host.nrates; i++)
		fill(&m.limits.host.rates[i], &m.level[i], to - m.now);
	m.now = to;
}

static bool
budget_allows(uint64_t cost)
{
	unsigned i;

	if (m.now < m.paused_until)
		return false;
	for (i = 0; i < m.limits.host.nrates; i++)
		if (m.level[i] < need(&m.limits.host.rates[i], cost))
			return false;
	return true;
}

static bool
slot_free(void)
{
	return m.limits.host.concurrency == 0 || m.inflight < m.limits.host.concurrency;
}

/* Moves a copy of the buckets to the first instant that allows a cost. */
static uint64_t
simulate(wide *level, uint64_t at, uint64_t cost)
{
	const struct budget_rate *r;
	uint64_t ns = at < m.paused_until ? m.paused_until - at : 0;
	wide lacking;
	unsigned i;

	for (i = 0; i < m.limits.host.nrates; i++) {
		r = &m.limits.host.rates[i];
		lacking = need(r, cost) - level[i] + refill(r) - 1;
		if (lacking > 0 && (uint64_t)(lacking / refill(r)) > ns)
			ns = (uint64_t)(lacking / refill(r));
	}
	for (i = 0; i < m.limits.host.nrates; i++)
		fill(&m.limits.host.rates[i], &level[i], ns);
	return at + ns;
}

static void
simulate_take(wide *level, uint64_t cost)
{
	unsigned i;

	for (i = 0; i < m.limits.host.nrates; i++)
		level[i] -= span(&m.limits.host.rates[i], cost);
}

/* When a newcomer would start if slots were always free. */
static uint64_t
simulated_start(uint64_t cost)
{
	wide level[BUDGET_RATES];
	uint64_t at = m.now;
	unsigned i;

	memcpy(level, m.level, sizeof(level));
	for (i = 0; i < m.nqueue; i++) {
		at = simulate(level, at, m.queue[i]->w.cost);
		simulate_take(level, m.queue[i]->w.cost);
	}
	return simulate(level, at, cost);
}

/*
 * All windows that end with the last admission.  A cost above the burst was
 * admitted with a full bucket, and counts as that much there.
 */
static void
check_windows(const struct budget_rate *r)
{
	const struct admission *last = &m.log[m.nlog - 1];
	wide sum = 0, most, slack;
	bool plain = r->strict && r->burst < r->capacity;
	uint64_t length;
	unsigned i;

	slack = m.prompt || r->strict ? 0 : (wide)THROTTLE_LATE * refill(r);
	for (i = m.nlog; i-- > 0;) {
		if (m.log[i].cost > r->burst)
			plain = false;
		sum += i == m.nlog - 1 ? need(r, last->cost) :
		    span(r, m.log[i].cost);
		length = last->at - m.log[i].at;
		most = span(r, r->burst) + (wide)length * refill(r);
		must(sum <= most + (i == m.nlog - 1 ? 0 : slack));
		if (plain && length <= r->period)
			must(sum <= span(r, r->capacity));
	}
}

static void
admitted(uint64_t cost)
{
	unsigned i;

	must(m.now >= m.paused_until);
	must(slot_free());
	if (m.prompt)
		must(budget_allows(cost));
	m.inflight++;
	m.admitted++;
	simulate_take(m.level, cost);
	must(m.nlog < LOG);
	m.log[m.nlog].at = m.now;
	m.log[m.nlog++].cost = cost;
	for (i = 0; i < m.limits.host.nrates; i++)
		check_windows(&m.limits.host.rates[i]);
}

static void
unqueue(unsigned i)
{
	m.free[m.nfree++] = m.queue[i];
	memmove(&m.queue[i], &m.queue[i + 1],
	    (--m.nqueue - i) * sizeof(m.queue[0]));
}

/* One has left the queue: when it was computed to? */
static void
check_start(const struct item *it)
{
	if (it->reliefs == m.reliefs)
		must(m.now >= it->start);
	if (m.prompt && it->upsets == m.upsets && m.limits.host.nrates <= 1 &&
	    m.limits.host.concurrency == 0)
		must(m.now <= it->start + (m.admitted - it->admitted));
}

static void
drain(void)
{
	struct throttle_waiter *w;

	while ((w = throttle_next(m.t, m.now)) != NULL) {
		must(m.nqueue > 0 && w == &m.queue[0]->w);
		check_start(m.queue[0]);
		admitted(w->cost);
		unqueue(0);
	}
	if (m.nqueue > 0 && slot_free())
		must(!budget_allows(m.queue[0]->w.cost));
}

static void
check_wake(void)
{
	wide level[BUDGET_RATES];
	uint64_t wake = throttle_wake(m.t);

	if (m.nqueue == 0 || !slot_free()) {
		must(wake == NEVER);
		return;
	}
	must(wake > m.now);
	memcpy(level, m.level, sizeof(level));
	if (m.prompt)
		must(wake == simulate(level, m.now, m.queue[0]->w.cost));
	else
		must(wake <= simulate(level, m.now, m.queue[0]->w.cost));
}

static void
check_counts(void)
{
	bool idle = m.nqueue == 0 && m.inflight == 0 &&
	    m.now >= m.paused_until;
	unsigned i;

	must(throttle_waiting(m.t) == m.nqueue);
	must(throttle_inflight(m.t) == m.inflight);
	for (i = 0; i < m.limits.host.nrates; i++)
		if (m.level[i] < span(&m.limits.host.rates[i],
		    m.limits.host.rates[i].burst))
			idle = false;
	if (m.prompt)
		must(throttle_idle(m.t, m.now) == idle);
	else if (idle)
		must(throttle_idle(m.t, m.now));
}

static void
do_time(uint64_t to)
{
	uint64_t wake;

	if (m.prompt)
		while ((wake = throttle_wake(m.t)) <= to) {
			must(wake > m.now);
			advance(wake);
			drain();
		}
	advance(to);
}

static uint64_t
any_step(void)
{
	uint64_t wake = throttle_wake(m.t);

	switch (any(8)) {
	case 0:
		return 1;
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
	uint64_t burst = m.limits.host.nrates ? m.limits.host.rates[0].burst : U;

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

/* What a refusal or a place in the queue was based on. */
static void
check_answer(enum throttle_answer answer, uint64_t cost, uint64_t deadline,
    uint64_t start)
{
	uint64_t real = simulated_start(cost);

	must((answer == THROTTLE_FULL) == (m.nqueue >= m.limits.queue_length));
	if (m.prompt)
		must(m.nqueue > 0 || !slot_free() || !budget_allows(cost));
	if (answer == THROTTLE_FULL)
		return;
	must((start > deadline) == (answer == THROTTLE_LATE_START));
	must(start <= real);
	must(start >= m.now);
	if (m.prompt && m.limits.host.nrates <= 1)
		must(start + m.nqueue + 1 >= real);
}

static void
do_ask(void)
{
	uint64_t deadline, start, cost = any_cost();
	enum throttle_answer answer;
	struct item *it;

	if (m.nfree == 0)
		return;
	it = m.free[m.nfree - 1];
	deadline = any(3) == 0 ? NEVER : m.now + any(10 * SEC);
	if (any(20) == 0)
		deadline = m.now / 2;
	answer = throttle_ask(m.t, &it->w, cost, deadline, m.now, &start);
	if (answer == THROTTLE_GO) {
		must(m.nqueue == 0);
		must(start == m.now);
		admitted(cost);
		return;
	}
	check_answer(answer, cost, deadline, start);
	if (answer != THROTTLE_WAIT)
		return;
	it->start = start;
	it->reliefs = m.reliefs;
	it->upsets = m.upsets;
	it->admitted = m.admitted;
	m.nfree--;
	m.queue[m.nqueue++] = it;
}

static void
do_cancel(void)
{
	unsigned i;

	if (m.nqueue == 0)
		return;
	i = (unsigned)any(m.nqueue);
	throttle_cancel(m.t, &m.queue[i]->w);
	unqueue(i);
	m.reliefs++;
	m.upsets++;
}

static void
do_release(void)
{
	if (m.inflight == 0)
		return;
	throttle_release(m.t, m.now);
	m.inflight--;
}

static void
do_hopeless(void)
{
	struct throttle_queue out = TAILQ_HEAD_INITIALIZER(out);
	struct throttle_waiter *w;
	wide level[BUDGET_RATES], before[BUDGET_RATES];
	uint64_t start, at = m.now;
	unsigned i = 0;

	throttle_hopeless(m.t, m.now, &out);
	memcpy(level, m.level, sizeof(level));
	w = TAILQ_FIRST(&out);
	while (i < m.nqueue) {
		memcpy(before, level, sizeof(level));
		start = simulate(level, at, m.queue[i]->w.cost);
		if (w != &m.queue[i]->w) {
			if (m.prompt && m.limits.host.nrates <= 1)
				must(start <= i + 1 ||
				    m.queue[i]->w.deadline >= start - i - 1);
			simulate_take(level, m.queue[i++]->w.cost);
			at = start;
			continue;
		}
		must(w->deadline < start);
		memcpy(level, before, sizeof(level));
		w = TAILQ_NEXT(w, entry);
		unqueue(i);
		m.reliefs++;
		m.upsets++;
	}
	must(w == NULL);
}

static void
do_pause(void)
{
	uint64_t until = m.now + any(10 * SEC);

	must(throttle_pause(m.t, until) == (until > m.paused_until));
	if (until > m.paused_until)
		m.paused_until = until;
	must(throttle_paused_until(m.t) == m.paused_until);
	m.upsets++;
}

static void
do_resume(void)
{
	throttle_resume(m.t, m.now);
	m.paused_until = 0;
	m.reliefs++;
	m.upsets++;
}

static void
any_rate(struct budget_rate *r, uint64_t period)
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
	r->strict = any(4) == 0;
	if (r->strict && any(2) && r->capacity >= 10)
		r->burst = r->capacity / 10;
}

static void
any_limits(struct throttle_limits *l)
{
	/* Each but for the last is there once at most. */
	const uint64_t period[] = { SEC, 3 * SEC, 60 * SEC, 7 * MS,
	    any(10 * SEC) + 1 };
	unsigned i, first = (unsigned)any(5);

	memset(l, 0, sizeof(*l));
	l->host.nrates = any(2) ? 1 : (unsigned)any(4);
	for (i = 0; i < l->host.nrates; i++)
		any_rate(&l->host.rates[i], period[(first + i) % 5]);
	l->host.concurrency = any(2) ? 0 : (uint32_t)any(4) + 1;
	l->queue_length = any(8) ? (uint32_t)any(ITEMS) : 0;
}

/*
 * New limits, with the same periods in the same order or with one period, so
 * that it is plain what pairs: what a bucket lacks stays what it lacks.
 */
static void
do_limit(void)
{
	const struct budget_rate *old;
	struct throttle_limits l;
	struct budget_rate *r;
	wide lacks;
	unsigned i;

	any_limits(&l);
	l.host.nrates = m.limits.host.nrates;
	for (i = 0; i < l.host.nrates; i++) {
		old = &m.limits.host.rates[i];
		r = &l.host.rates[i];
		lacks = span(old, old->burst) - m.level[i];
		any_rate(r, l.host.nrates == 1 && any(2) ? any(10 * SEC) + 1 :
		    old->period);
		lacks = (lacks * r->period + old->period - 1) / old->period;
		m.level[i] = span(r, r->burst) - lacks;
	}
	m.limits = l;
	throttle_limit(m.t, &l, m.now);
	m.nlog = 0;
	m.reliefs++;
	m.upsets++;
}

static void
any_operation(void)
{
	uint64_t what = any(100);

	if (what < 40)
		do_ask();
	else if (what < 75)
		do_time(m.now + any_step());
	else if (what < 80)
		do_cancel();
	else if (what < 92)
		do_release();
	else if (what < 94)
		do_pause();
	else if (what < 95)
		do_resume();
	else if (what < 99)
		do_hopeless();
	else
		do_limit();
}

static void
begin(void)
{
	unsigned i;

	memset(&m, 0, sizeof(m));
	state = seed * 0x9e3779b97f4a7c15ULL | 1;
	for (i = 0; i < 4; i++)
		any(2);
	any_limits(&m.limits);
	m.t = throttle_new(&m.limits);
	must(m.t != NULL);
	for (i = 0; i < m.limits.host.nrates; i++)
		m.level[i] = span(&m.limits.host.rates[i],
		    m.limits.host.rates[i].burst);
	for (i = 0; i < ITEMS; i++)
		m.free[m.nfree++] = &m.items[i];
	m.now = any(100 * SEC);
	m.prompt = any(3) != 0;
}

/* Everybody leaves; after a rest nothing is left of what was. */
static void
end(void)
{
	do_resume();
	while (m.nqueue > 0) {
		throttle_cancel(m.t, &m.queue[m.nqueue - 1]->w);
		unqueue(m.nqueue - 1);
	}
	while (m.inflight > 0)
		do_release();
	advance(m.now + 1000000 * SEC);
	must(throttle_idle(m.t, m.now));
	must(throttle_start(m.t, U, m.now) == m.now);
	throttle_free(m.t);
}

START_TEST(histories)
{
	const char *env = getenv("THROTTLE_SEED");
	uint64_t first = env != NULL ? strtoull(env, NULL, 0) : 1;

	for (seed = first; seed < first + HISTORIES; seed++) {
		begin();
		for (step = 0; step < STEPS; step++) {
			any_operation();
			if (m.prompt || any(3)) {
				drain();
				check_wake();
			}
			check_counts();
		}
		end();
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("throttle_oracle");
	TCase *tc = tcase_create("random");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, histories);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
