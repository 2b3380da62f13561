/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "check_random.h"
#include "check_run.h"
#include "hosts/observe.h"

/*
 * A shadow beside what would really happen: the same arrivals once go straight
 * on and are observed, and once are held by a throttle with those limits, on a
 * clock that is only a number.  Decisions and waits have to be the same.
 */

#define U	THROTTLE_UNIT
#define MS	1000000ULL
#define SEC	1000000000ULL
#define NEVER	THROTTLE_NEVER
#define N	300		/* requests of a history */
#define PARTS	2
#define CLIENTS	5

struct arrival {
	struct throttle_request	 request;
	uint64_t		 at;		/* ns */
	uint64_t		 answers;	/* ns after it went */
	uint64_t		 holds;		/* ns; its slot */
	uint64_t		 pause;		/* ns; asked for; or 0 */
	bool			 backoff;	/* refused, without a time */
};

/* What became of one. */
struct fate {
	enum stats_decision	 decision;
	uint64_t		 wait;		/* ns */
};

static struct arrival arrivals[N];
static struct budget_limits parts[PARTS];
static struct throttle_limits limits;
static struct stats_block stats;

/* Histories */

static struct gcra_rate
any_rate(void)
{
	uint64_t capacity = (1 + any(20)) * U;

	return (struct gcra_rate){ capacity, SEC / 2 + any(SEC),
	    (1 + any(20)) * U, false };
}

static void
any_limits(void)
{
	unsigned i;

	limits = (struct throttle_limits){
		.host.nrates = (unsigned)any(3),
		.host.concurrency = any(2) == 0 ? 0 : 1 + (uint32_t)any(4),
		.nparts = (unsigned)any(PARTS + 1),
		.queue_length = any(3) == 0 ? (uint32_t)any(10) : N,
		.trust_priority = any(2) == 0,
	};
	for (i = 0; i < limits.host.nrates; i++)
		limits.host.rates[i] = any_rate();
	for (i = 0; i < limits.nparts; i++) {
		parts[i] = (struct budget_limits){
			.nrates = (unsigned)any(2),
			.concurrency = (uint32_t)any(3),
			.rates = { any_rate() },
		};
		limits.parts[i] = &parts[i];
	}
}

static void
any_arrival(struct arrival *a, uint64_t at)
{
	uint64_t client = any(CLIENTS);
	unsigned part = (unsigned)any(limits.nparts + 1);

	*a = (struct arrival){
		.at = at,
		.holds = 1 + any(SEC),
	};
	a->answers = any(a->holds);
	a->request = (struct throttle_request){
		.client = client,
		.cost = any(3) * U,
		.deadline = at + (any(2) == 0 ? any(2 * SEC) : 3600 * SEC),
		.weight = FAIR_WEIGHT * (1 + (uint32_t)client % 3),
		.urgency = (uint8_t)any(8),
		.part = part == limits.nparts ? THROTTLE_WHOLE : part,
	};
}

/* refusals: how many in a hundred the host refuses. */
static void
any_history(unsigned refusals)
{
	uint64_t at = SEC;
	unsigned i;

	any_limits();
	for (i = 0; i < N; i++) {
		at += 1 + any(any(10) == 0 ? SEC : 100 * MS);
		any_arrival(&arrivals[i], at);
		if (any(100) >= refusals)
			continue;
		arrivals[i].backoff = any(2) == 0;
		arrivals[i].pause = 1 + any(3 * SEC);
	}
}

/* What really would happen */

struct real {
	struct throttle		*throttle;
	struct throttle_waiter	 waiters[N];
	uint64_t		 admitted[N];	/* ns; 0: not yet */
	bool			 answered[N];
	bool			 done[N];
	struct fate		 fates[N];
	uint64_t		 told;		/* ns */
};

static struct real real;

static void
refuse(unsigned i)
{
	real.fates[i] = (struct fate){ STATS_WOULD_REFUSE, 0 };
	real.done[i] = true;
}

static void
go(unsigned i, enum stats_decision decision, uint64_t now)
{
	real.fates[i] = (struct fate){ decision, now - arrivals[i].at };
	real.admitted[i] = now;
}

static unsigned
number_of(const struct throttle_waiter *w)
{
	return (unsigned)(w - real.waiters);
}

static void
admit(uint64_t now)
{
	struct throttle_waiter *w;

	while ((w = throttle_next(real.throttle, now)) != NULL)
		go(number_of(w), STATS_WOULD_WAIT, now);
}

static void
arrive(unsigned i, uint64_t now)
{
	struct throttle_report report;

	switch (throttle_ask(real.throttle, &real.waiters[i],
	    &arrivals[i].request, now, &report)) {
	case THROTTLE_GO:
		go(i, STATS_WOULD_GO, now);
		break;
	case THROTTLE_WAIT:
		break;
	default:
		refuse(i);
	}
}

static void
refuse_hopeless(uint64_t now)
{
	struct throttle_queue out = TAILQ_HEAD_INITIALIZER(out);
	struct throttle_waiter *w;

	throttle_hopeless(real.throttle, now, &out);
	while ((w = TAILQ_FIRST(&out)) != NULL) {
		TAILQ_REMOVE(&out, w, entry);
		refuse(number_of(w));
	}
}

/* Its host answers; until when it named is known since the arrival. */
static void
answer(unsigned i, uint64_t now)
{
	const struct arrival *a = &arrivals[i];
	struct throttle_waiter *w = &real.waiters[i];
	uint64_t until = a->at + a->answers + a->pause;

	real.answered[i] = true;
	throttle_verdict(real.throttle, w, a->pause > 0 ? BUDGET_THROTTLED :
	    BUDGET_SUCCESS, now);
	if (a->pause == 0)
		return;
	if (a->backoff)
		until = now + throttle_backoff(real.throttle, THROTTLE_WHOLE,
		    w, a->pause, 10 * SEC, now);
	if (until <= now || !throttle_pause(real.throttle, THROTTLE_WHOLE,
	    until, now) || until < (real.told > now ? real.told : 0) + SEC)
		return;
	real.told = until;
	refuse_hopeless(now);
}

enum what {
	ANSWER,
	RELEASE,
	WAKE,
	ARRIVE,
	LATE,
};

struct event {
	uint64_t	 at;
	enum what	 what;
	unsigned	 i;
};

static void
offer(struct event *best, uint64_t at, enum what what, unsigned i)
{
	if (at < best->at || (at == best->at && what < best->what))
		*best = (struct event){ at, what, i };
}

static struct event
next_event(unsigned arrived, uint64_t now)
{
	struct event e = { NEVER, LATE, N };
	uint64_t wake = throttle_wake(real.throttle, now);
	unsigned i;

	offer(&e, wake > now ? wake : now, WAKE, 0);
	if (arrived < N)
		offer(&e, arrivals[arrived].at, ARRIVE, arrived);
	for (i = 0; i < arrived; i++) {
		if (real.done[i])
			continue;
		if (real.admitted[i] == 0)
			offer(&e, arrivals[i].request.deadline, LATE, i);
		else if (!real.answered[i])
			offer(&e, real.admitted[i] + arrivals[i].answers,
			    ANSWER, i);
		else
			offer(&e, real.admitted[i] + arrivals[i].holds,
			    RELEASE, i);
	}
	return e;
}

static void
enforce(void)
{
	unsigned arrived = 0;
	struct event e = { 0, WAKE, 0 };

	memset(&real, 0, sizeof real);
	real.throttle = throttle_new(&limits);
	while ((e = next_event(arrived, e.at)).at != NEVER) {
		if (e.what == ANSWER)
			answer(e.i, e.at);
		else if (e.what == ARRIVE)
			arrive(arrived++, e.at);
		else if (e.what == RELEASE) {
			throttle_release(real.throttle, &real.waiters[e.i],
			    e.at);
			real.done[e.i] = true;
		} else if (e.what == LATE) {
			throttle_cancel(real.throttle, &real.waiters[e.i]);
			refuse(e.i);
		}
		admit(e.at);
	}
	throttle_free(real.throttle);
}

/* The same, observed */

static struct observed *places[N];
static struct memory memory;

static void
learn(struct observe *o, unsigned i, uint64_t now)
{
	const struct arrival *a = &arrivals[i];
	struct lesson l = {
		.verdict = a->pause > 0 ? BUDGET_THROTTLED : BUDGET_SUCCESS,
		.pause = a->backoff ? 0 : a->pause,
		.backoff = a->backoff,
		.base = a->pause,
	};

	observe_learn(o, places[i], &l, a->backoff ? 10 * SEC : 3600 * SEC,
	    now);
}

/* The arrivals go on at once; what they do comes in the order of time. */
static void
observe_all(struct observe *o)
{
	bool answered[N] = { false }, released[N] = { false };
	unsigned i, arrived = 0;
	struct event e;

	for (;;) {
		e = (struct event){ NEVER, LATE, 0 };
		if (arrived < N)
			offer(&e, arrivals[arrived].at, ARRIVE, arrived);
		for (i = 0; i < arrived; i++)
			if (!answered[i])
				offer(&e, arrivals[i].at +
				    arrivals[i].answers, ANSWER, i);
			else if (!released[i])
				offer(&e, arrivals[i].at + arrivals[i].holds,
				    RELEASE, i);
		if (e.at == NEVER)
			break;
		if (e.what == ANSWER) {
			learn(o, e.i, e.at);
			answered[e.i] = true;
		} else if (e.what == RELEASE) {
			observe_release_slot(o, places[e.i], e.at);
			released[e.i] = true;
		} else {
			observe_ask(o, &places[arrived],
			    &arrivals[arrived].request, &memory.nobody, e.at);
			observe_sent(o, places[arrived++], e.at);
		}
	}
}

static void
compare(struct observe *o)
{
	uint64_t end = arrivals[N - 1].at + 7200 * SEC;
	uint64_t decided[STATS_DECISIONS] = { 0 };
	struct observed_view v;
	unsigned i;

	observe_run(o, end);
	for (i = 0; i < N; i++) {
		step = i;
		must(places[i] != NULL);
		observe_place(o, places[i], end, &v);
		must(v.decided);

		must(v.decision == real.fates[i].decision);
		must(v.decision == STATS_WOULD_REFUSE ||
		    v.wait == real.fates[i].wait);
		decided[v.decision]++;
		observe_end(o, &places[i], OBSERVE_DONE, end);
		must(places[i] == NULL);
	}
	must(observe_is_idle(o, 2 * end));
	must(memory.used == 0);
	observe_count(o, &stats);
	for (i = 0; i < STATS_DECISIONS; i++)
		must(stats.observed[i] == decided[i]);
}

static void
history(unsigned refusals)
{
	struct observe *o;

	memset(&stats, 0, sizeof stats);
	memory_init(&memory, 1 << 30, SHARE_OFF);
	state = seed * 2654435761ULL + 1;
	any_history(refusals);
	enforce();
	o = observe_new(&limits);
	ck_assert_ptr_nonnull(o);
	observe_all(o);
	compare(o);
	observe_free(o);
	memory_destroy(&memory);
}

START_TEST(decides_as_limits_would)
{
	unsigned n = repetitions(200);

	for (seed = 1; seed <= n; seed++)
		history(0);
}
END_TEST

START_TEST(hears_what_hosts_say)
{
	unsigned n = repetitions(200);

	for (seed = 1; seed <= n; seed++)
		history(5);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("observe_oracle");
	TCase *tc = tcase_create("histories");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, decides_as_limits_would);
	tcase_add_test(tc, hears_what_hosts_say);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
