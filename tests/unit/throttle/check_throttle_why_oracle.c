/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "check_random.h"
#include "check_throttle.h"
#include "check_throttle_asked.h"

/*
 * Why somebody waits, in random states: what is said is held against when he
 * goes, and what decides against when he goes without it.
 *
 * THROTTLE_SEED in the environment makes it that seed's state alone.
 */

static struct throttle_why why;
static struct throttle_place place;

#define CROWD	16
#define PARTS	2

struct somebody {
	struct throttle_waiter	 w;	/* first: the throttle returns it */
	bool			 waits;
	uint64_t		 start;	/* ns, as said */
	uint32_t		 ahead;
	bool			 certain;
	struct throttle_reason	 reason; /* decides, as said */
	bool			 alone;	/* no other is as late */
	uint64_t		 went;	/* ns; or NEVER */
};

static struct somebody crowd[CROWD];
static unsigned nparts, named, nclients;
static struct throttle_limits all_limits;
static struct budget_limits limits[PARTS];
static bool answers;		/* those who go are answered at once */

static struct budget_limits
any_budget(void)
{
	const uint64_t period[] = { SEC, 7 * SEC, 60 * SEC };
	struct budget_limits l = { .nrates = (unsigned)any(3) };
	unsigned i, first = (unsigned)any(3);

	if (any(4) == 0)
		l.concurrency = 1 + (uint32_t)any(6);
	for (i = 0; i < l.nrates; i++)
		l.rates[i] = (struct gcra_rate){
			.capacity = (1 + any(20)) * U / 2,
			.period = period[(first + i) % 3],
			.burst = (1 + any(6)) * U / 2,
			.strict = any(6) == 0,
		};
	return l;
}

static struct throttle *
any_throttle(void)
{
	struct throttle_limits l = { .host = any_budget(),
	    .queue_length = any(8) ? CROWD : 6,
	    .trust_priority = any(4) == 0, .learning = any(8) == 0 };
	unsigned i;

	nclients = any(2) ? 1 : 3;
	nparts = any(2) ? (unsigned)any(PARTS + 1) : 0;
	l.nparts = nparts;
	for (i = 0; i < nparts; i++) {
		limits[i] = any_budget();
		l.parts[i] = &limits[i];
	}
	all_limits = l;
	return new_throttle(l);
}

static struct throttle_request
any_request(void)
{
	struct throttle_request q = request_of(any(3) ? U :
	    (1 + any(6)) * U / 2, NEVER);

	q.client = any(nclients);
	q.weight = FAIR_WEIGHT << q.client;
	if (any(6) == 0)
		q.urgency = (uint8_t)any(8);
	if (nparts > 0 && any(2))
		q.part = (unsigned)any(nparts);
	if (named != 0 && any(3) == 0)
		q.named = named;
	return q;
}

static void
answer(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	throttle_verdict(t, w, any(12) ? BUDGET_SUCCESS : BUDGET_THROTTLED,
	    now);
	throttle_release(t, w, now);
}

static void
upset(struct throttle *t, uint64_t now)
{
	unsigned part = nparts > 0 && any(2) ? (unsigned)any(nparts) :
	    named != 0 && any(3) == 0 ? THROTTLE_NAMED_PART(named) :
	    THROTTLE_WHOLE;

	switch (any(8)) {
	case 0:
		throttle_pause(t, part, now + any(20 * SEC), now);
		break;
	case 1:
		throttle_shape(t, part, any(6), now + any(20 * SEC), now);
		break;
	case 2:
		throttle_resume(t, part, now);
		break;
	default:
		break;
	}
}

static void
check_newcomer(struct throttle *t, struct somebody *s, uint64_t now)
{
	struct throttle_request q = any_request();
	enum throttle_answer a;
	struct throttle_report r;

	must(why_asked(t, &q, now, &why, &place));
	a = throttle_ask(t, &s->w, &q, now, &r);
	must(why.goes == (a == THROTTLE_GO));
	must(why.full == (a == THROTTLE_FULL));
	must(why.start == r.start && (a == THROTTLE_FULL || why.waiting +
	    (a == THROTTLE_WAIT) == throttle_waiting(t)));
	must(why.short_of == NULL ? r.what == BUDGET_SHORT_NONE :
	    r.what == why.short_of->what);
	must(!why.goes || place.certain);
	s->waits = a == THROTTLE_WAIT;
}

static void
let_go(struct throttle *t, uint64_t now)
{
	struct throttle_waiter *w;
	struct somebody *s;

	while ((w = throttle_next(t, now)) != NULL) {
		s = (struct somebody *)(void *)w;
		s->waits = false;
		s->went = now;
		if (answers && any(3))
			answer(t, w, now);
	}
}

/* What is said of one must agree with the report, and with itself. */
static void
listen_to(struct throttle *t, struct somebody *s, uint64_t now)
{
	const struct throttle_reason *reason = NULL;
	struct throttle_report r;
	uint64_t latest = now;
	unsigned i;

	throttle_why(t, &s->w, now, &why);
	throttle_place(t, &s->w, now, &place);
	throttle_report(t, &s->w, now, &r);
	must(why.start == r.start && why.waiting == r.waiting);
	must(!why.goes && !why.full);
	for (i = 0; i < why.n; i++) {
		if (why.reasons[i].decides)
			reason = &why.reasons[i];
		if (why.reasons[i].at != NEVER && why.reasons[i].at > latest)
			latest = why.reasons[i].at;
	}
	must((reason == NULL) == why.turn_decides);
	must(latest <= why.start);
	must(reason == NULL || reason->at == NEVER || reason->at == latest);
	must(reason == NULL || reason->what == r.what);
	must(place.ahead + 1 <= why.waiting && place.own_ahead <= place.ahead);
	s->start = why.start;
	s->ahead = place.ahead;
	s->certain = place.certain;
	s->went = NEVER;
	s->reason = (struct throttle_reason){ .what = BUDGET_SHORT_NONE };
	if (reason != NULL)
		s->reason = *reason;
	s->alone = true;
	for (i = 0; i < why.n; i++)
		if (&why.reasons[i] != reason && why.reasons[i].at >= latest)
			s->alone = false;
}

static uint64_t
any_state(struct throttle *t)
{
	struct throttle_key key = { 5, 6 };
	uint64_t now = 100 * SEC;
	unsigned i;

	named = any(4) == 0 ? throttle_named_make(t, &key, "b", now) : 0;
	for (i = 0; i < CROWD; i++) {
		check_newcomer(t, &crowd[i], now);
		if (crowd[i].w.held && any(3))
			answer(t, &crowd[i].w, now);
		upset(t, now);
		now += any(4) ? 0 : any(2 * SEC);
		let_go(t, now);
	}
	return now;
}

/* Counters of what was looked at: the test must not be empty. */
static unsigned certain_ones, told, relieved;

static struct throttle *
begin(uint64_t *now)
{
	struct throttle *t;

	state = seed * 0x9e3779b97f4a7c15ULL | 1;
	t = any_throttle();
	memset(crowd, 0, sizeof crowd);
	answers = true;
	*now = any_state(t);
	answers = false;
	return t;
}

/* Lets all go who may by the passing of time. */
static void
run(struct throttle *t, uint64_t now)
{
	uint64_t wake;
	unsigned i;

	for (i = 0; i < CROWD; i++)
		crowd[i].went = NEVER;
	let_go(t, now);
	while ((wake = throttle_wake(t, now)) != NEVER) {
		now = wake > now ? wake : now;
		let_go(t, now);
	}
}

static void
end(struct throttle *t)
{
	unsigned i;

	for (i = 0; i < CROWD; i++)
		if (crowd[i].waits)
			throttle_cancel(t, &crowd[i].w);
	throttle_free(t);
}

static void
check_told(void)
{
	for (step = 0; step < CROWD; step++) {
		if (crowd[step].start == NEVER)
			continue;
		must(crowd[step].went >= crowd[step].start);
		if (answers)
			continue;
		told++;
		if (!crowd[step].certain)
			continue;
		certain_ones++;
		must(crowd[step].went - crowd[step].start <=
		    crowd[step].ahead);
	}
}

static void
one_state(void)
{
	uint64_t now;
	struct throttle *t = begin(&now);
	unsigned i;

	for (i = 0; i < CROWD; i++)
		if (crowd[i].waits)
			listen_to(t, &crowd[i], now);
		else
			crowd[i].start = NEVER;
	answers = any(2);
	run(t, now);
	check_told();
	end(t);
}

/* Takes away the limit that decides. */
static void
relieve(struct throttle *t, const struct somebody *s, uint64_t now)
{
	struct throttle_limits l = all_limits;
	unsigned part = s->reason.whose == THROTTLE_OF_PART ? s->w.part :
	    s->reason.whose == THROTTLE_OF_NAMED ?
	    THROTTLE_NAMED_PART(s->w.named) : THROTTLE_WHOLE;
	struct budget_limits *b = part < nparts ? &limits[part] : &l.host;
	unsigned i;

	if (s->reason.what != BUDGET_SHORT_RATE) {
		throttle_resume(t, part, now);
		return;
	}
	b->nrates--;
	for (i = s->reason.rate; i < b->nrates; i++)
		b->rates[i] = b->rates[i + 1];
	must(throttle_limit(t, &l, NULL, now));
}

/* Without what decides it goes sooner: that held it longest. */
static void
check_relief(unsigned k)
{
	uint64_t now, start = crowd[k].start;
	static struct somebody told_so;
	struct throttle *t;

	told_so = crowd[k];
	t = begin(&now);
	relieve(t, &told_so, now);
	run(t, now);
	step = k;
	must(crowd[k].went < start);
	relieved++;
	end(t);
}

/* New limits queue all anew, by which clients may change their turns. */
static bool
may_be_relieved(const struct somebody *s)
{
	return nclients == 1 && s->waits && s->certain && s->alone &&
	    (s->reason.what == BUDGET_SHORT_RATE ||
	    s->reason.what == BUDGET_SHORT_PAUSE);
}

static void
one_relief(void)
{
	uint64_t now;
	struct throttle *t = begin(&now);
	unsigned i, k = CROWD;

	for (i = 0; i < CROWD; i++) {
		if (!crowd[i].waits)
			continue;
		listen_to(t, &crowd[i], now);
		if (may_be_relieved(&crowd[i]))
			k = i;
	}
	end(t);
	if (k < CROWD)
		check_relief(k);
}

static uint64_t
first_seed(uint64_t *last)
{
	const char *env = getenv("THROTTLE_SEED");

	seed = env != NULL ? strtoull(env, NULL, 0) : 1;
	*last = seed + (env != NULL ? 1 : repetitions(20000));
	certain_ones = told = relieved = 0;
	return seed;
}

START_TEST(is_true)
{
	uint64_t last;

	for (seed = first_seed(&last); seed < last; seed++)
		one_state();
	if (getenv("THROTTLE_SEED") == NULL)
		ck_assert_uint_gt(certain_ones, told / 30);
}
END_TEST

START_TEST(decides)
{
	uint64_t last, first = first_seed(&last);

	for (seed = first; seed < last; seed++)
		one_relief();
	if (getenv("THROTTLE_SEED") == NULL)
		ck_assert_uint_gt(relieved, (last - first) / 50);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("throttle_why_oracle");
	TCase *tc = tcase_create("random");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, is_true);
	tcase_add_test(tc, decides);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
