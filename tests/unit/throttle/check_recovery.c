/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "throttle/throttle.h"

/*
 * Hosts that enforce limits in the ways in use, and clients that know nothing
 * of limits, on a clock that is only a number: how many requests are refused,
 * how many of the refusals clients see, and how long it takes, beside the
 * fastest that any schedule could be.  RECOVERY_TABLE in the environment prints
 * it all.
 */

#define U		THROTTLE_UNIT
#define MS		1000000ULL
#define SEC		1000000000ULL
#define NEVER		THROTTLE_NEVER
#define CLIENTS		25
#define LOG		256	/* what a sliding window remembers */

/* An assertion of Check itself leaves a trace each time: too slow here. */
#define must(x)	do { if (!(x)) \
	ck_abort_msg("line %d: %s", __LINE__, #x); } while (0)

/* Hosts */

enum kind { FIXED, SLIDING, BUCKET, SLOTS };

/* One limit of a host. */
struct limit {
	enum kind	 kind;
	unsigned	 most;		/* 0: no such limit */
	uint64_t	 period;	/* ns; of slots: how long one is held */
	uint64_t	 phase;		/* ns: of the window at the first one */
	/* its state */
	uint64_t	 log[LOG];	/* ns: the last ones */
	unsigned	 n;		/* of the window, the log, or held */
	uint64_t	 since;		/* ns: the window, or tokens' time */
	uint64_t	 tokens;	/* times the period */
};

/* When it has room for one more (ns); now where it has. */
static uint64_t
ready(struct limit *l, uint64_t now)
{
	uint64_t full = l->most * l->period, lacks;

	switch (l->kind) {
	case FIXED:
		if (now - l->since >= l->period) {
			l->n = 0;
			l->since = now - (now - l->since) % l->period;
		}
		return l->n < l->most ? now : l->since + l->period;
	case SLIDING:
		lacks = l->n < l->most ? 0 :
		    l->log[(l->n - l->most) % LOG] + l->period;
		return lacks > now ? lacks : now;
	case BUCKET:
		l->tokens += (now - l->since) * l->most;
		if (l->tokens > full)
			l->tokens = full;
		l->since = now;
		lacks = l->tokens < l->period ? l->period - l->tokens : 0;
		return now + (lacks + l->most - 1) / l->most;
	case SLOTS:
		return l->n < l->most ? now : now + l->period;
	}
	return NEVER;
}

static void
spend(struct limit *l, uint64_t now)
{
	if (l->kind == SLIDING)
		l->log[l->n % LOG] = now;
	if (l->kind == BUCKET)
		l->tokens -= l->period;
	l->n++;
}

static void
begin_limit(struct limit *l, uint64_t now)
{
	l->n = 0;
	l->since = now - l->phase;
	l->tokens = l->most * l->period;
}

struct host {
	const char	*name;
	struct limit	 limits[2];
};

static uint64_t
host_ready(struct host *h, uint64_t now)
{
	uint64_t at = ready(&h->limits[0], now), other = 0;

	if (h->limits[1].most != 0)
		other = ready(&h->limits[1], now);
	return at > other ? at : other;
}

static void
host_spend(struct host *h, uint64_t now)
{
	spend(&h->limits[0], now);
	if (h->limits[1].most != 0)
		spend(&h->limits[1], now);
}

/* How long the host takes for an answer that is no refusal. */
static uint64_t
service(const struct host *h)
{
	return h->limits[0].kind == SLOTS ? h->limits[0].period : 0;
}

static void
begin_host(struct host *h, uint64_t now)
{
	begin_limit(&h->limits[0], now);
	begin_limit(&h->limits[1], now);
}

/* The fastest that so many requests can be (ns). */
static uint64_t
floor_time(struct host h, unsigned total)
{
	uint64_t now = SEC;

	if (h.limits[0].kind == SLOTS)
		return (total + h.limits[0].most - 1) / h.limits[0].most *
		    h.limits[0].period;
	begin_host(&h, now);
	for (; total > 0; total--) {
		now = host_ready(&h, now);
		host_spend(&h, now);
	}
	return now - SEC;
}

/* Clients */

enum where { IDLE, WAITING, TO_HOST, AT_HOST, TO_US };

static struct client {
	struct throttle_waiter	 w;
	enum where		 where;
	uint64_t		 at;	/* ns: of its next event */
	bool			 refused;
	uint64_t		 named;	/* ns: the refusal's Retry-After */
	unsigned		 left;	/* requests yet to come */
	unsigned		 resent;
} clients[CLIENTS];

struct setup {
	struct host		 host;
	struct throttle_limits	 limits;
	unsigned		 clients;
	unsigned		 total;
	uint64_t		 base;		/* ns: pause.default */
	uint64_t		 lat;		/* ns: most, each way */
	bool			 named;		/* Retry-After, in seconds */
};

static struct result {
	unsigned	 refused;
	unsigned	 seen;		/* refusals that clients got */
	unsigned	 done;
	uint64_t	 took;		/* ns */
	double		 ratio;		/* by the floor */
} result;

static struct throttle *t;
static uint64_t now, random_state;

static uint64_t
any(uint64_t below)
{
	random_state = random_state * 6364136223846793005ULL + 1;
	return below == 0 ? 0 : (random_state >> 33) % below;
}

static void
leave(struct client *c, const struct setup *s)
{
	c->where = TO_HOST;
	c->at = now + MS / 2 + any(s->lat);
}

/* It asks until it has to wait for something. */
static void
next_request(struct client *c, const struct setup *s)
{
	struct throttle_request q = {
		.client = (uint64_t)(c - clients) % s->clients,
		.cost = U,
		.deadline = NEVER,
		.weight = FAIR_WEIGHT,
		.urgency = FAIR_URGENCY,
		.part = THROTTLE_WHOLE,
	};
	struct throttle_report r;
	enum throttle_answer a;

	c->where = IDLE;
	c->at = NEVER;
	c->resent = 0;
	if (c->left == 0)
		return;
	c->left--;
	a = throttle_ask(t, &c->w, &q, now, &r);
	must(a == THROTTLE_GO || a == THROTTLE_WAIT);
	c->where = WAITING;
	if (a == THROTTLE_GO)
		leave(c, s);
}

static void
arrive(struct client *c, struct host *h)
{
	uint64_t at = host_ready(h, now);

	c->refused = at > now;
	c->named = 0;
	c->where = AT_HOST;
	c->at = now;
	if (c->refused) {
		c->named = (at - now + SEC - 1) / SEC * SEC;
		result.refused++;
		return;
	}
	host_spend(h, now);
	c->at += service(h);
}

static void
answered(struct client *c, struct host *h, const struct setup *s)
{
	if (!c->refused && h->limits[0].kind == SLOTS)
		h->limits[0].n--;
	c->where = TO_US;
	c->at = now + MS / 2 + any(s->lat);
}

/* What the proxy does with an answer. */
static void
take_answer(struct client *c, const struct setup *s)
{
	struct throttle_report r;
	uint64_t pause;

	throttle_verdict(t, &c->w, c->refused ? BUDGET_THROTTLED :
	    BUDGET_SUCCESS, now);
	if (c->refused) {
		pause = s->named ? c->named : throttle_backoff(t,
		    THROTTLE_WHOLE, &c->w, s->base, 3600 * SEC, now);
		if (pause > 0)
			throttle_pause(t, THROTTLE_WHOLE, now + pause, now);
		if (c->resent++ < 2) {
			must(throttle_return(t, &c->w, now, &r) ==
			    THROTTLE_WAIT);
			c->where = WAITING;
			c->at = NEVER;
			return;
		}
		result.seen++;
	} else
		result.done++;
	throttle_release(t, &c->w, now);
	result.took = now - SEC;
	next_request(c, s);
}

static void
event(struct client *c, struct host *h, const struct setup *s)
{
	if (c->where == TO_HOST)
		arrive(c, h);
	else if (c->where == AT_HOST)
		answered(c, h, s);
	else
		take_answer(c, s);
}

static void
let_go(const struct setup *s)
{
	struct throttle_waiter *w;

	while ((w = throttle_next(t, now)) != NULL)
		leave((struct client *)(void *)w, s);
}

static bool
step(struct host *h, const struct setup *s)
{
	struct client *c, *next = NULL;
	uint64_t wake = throttle_wake(t, now);

	for (c = clients; c < clients + s->clients; c++) {
		if (c->at < wake && (next == NULL || c->at < next->at))
			next = c;
	}
	if (next == NULL && wake == NEVER)
		return false;
	now = next != NULL ? next->at : wake;
	if (next != NULL)
		event(next, h, s);
	let_go(s);
	return true;
}

static void
run(const struct setup *s)
{
	struct host h = s->host;
	unsigned i;

	result = (struct result){ 0 };
	memset(clients, 0, sizeof clients);
	random_state = 1;
	now = SEC;
	begin_host(&h, now);
	must((t = throttle_new(&s->limits)) != NULL);
	for (i = 0; i < s->clients; i++) {
		clients[i].left = s->total / s->clients;
		next_request(&clients[i], s);
	}
	while (now < 1000 * SEC && step(&h, s))
		;
	must(throttle_waiting(t) == 0);
	throttle_free(t);
	result.ratio = (double)result.took /
	    (double)floor_time(s->host, s->total);
	if (getenv("RECOVERY_TABLE") != NULL)
		printf("# %-8s %2u clients%s base %.1f lat %3.0f  %3u refused "
		    "%3u seen  %6.1f s  %.2f\n", s->host.name, s->clients,
		    s->named ? " named" : "", (double)s->base / 1e9,
		    (double)s->lat / 1e6, result.refused, result.seen,
		    (double)result.took / 1e9, result.ratio);
}

/* Hosts, what is configured for them, and what may come of it */

static const struct host fixed = { "fixed",
	{ { .kind = FIXED, .most = 80, .period = 6 * SEC,
	    .phase = 2200 * MS } } };
static const struct host sliding = { "sliding",
	{ { .kind = SLIDING, .most = 80, .period = 6 * SEC } } };
static const struct host bucket = { "bucket",
	{ { .kind = BUCKET, .most = 80, .period = 6 * SEC } } };
static const struct host leaky = { "leaky",
	{ { .kind = BUCKET, .most = 11, .period = 825 * MS } } };
static const struct host slots = { "slots",
	{ { .kind = SLOTS, .most = 4, .period = 200 * MS } } };
static const struct host two = { "two",
	{ { .kind = SLIDING, .most = 10, .period = SEC },
	  { .kind = SLIDING, .most = 80, .period = 6 * SEC } } };
static const struct host two20 = { "two20",
	{ { .kind = SLIDING, .most = 20, .period = SEC },
	  { .kind = SLIDING, .most = 80, .period = 6 * SEC } } };

static struct setup
setup(const struct host *h, unsigned n, unsigned total, uint64_t base)
{
	return (struct setup){ .host = *h, .clients = n, .total = total,
		.base = base, .limits = { .queue_length = 1000 } };
}

/* So many in each second. */
static struct host
per_second(unsigned most)
{
	struct host h = { "second",
		{ { .kind = SLIDING, .most = most, .period = SEC } } };

	return h;
}

static void
limit(struct setup *s, uint64_t capacity, uint64_t period)
{
	s->limits.host.nrates = 1;
	s->limits.host.rates[0] = (struct gcra_rate){ capacity * U, period,
		capacity * U, false };
}

/* At most so many refusals, that clients see, and times the floor. */
static void
holds(const struct setup *s, unsigned refused, unsigned seen, double ratio)
{
	run(s);
	ck_assert_uint_eq(result.done + result.seen, s->total);
	ck_assert_uint_le(result.refused, refused);
	ck_assert_uint_le(result.seen, seen);
	ck_assert_double_le(result.ratio, ratio);
}

/* Few clients, nothing configured, and pauses that start too short. */
START_TEST(windows_of_a_second)
{
	static const unsigned most[] = { 20, 30, 60, 70, 100 };
	struct setup s;
	struct host h;
	unsigned i;

	for (i = 0; i < 5; i++) {
		h = per_second(most[i]);
		s = setup(&h, 5, 400, SEC / 2);
		holds(&s, 30, 0, 1.25);
		/* or are too long by far: once */
		s.base = 5 * SEC;
		holds(&s, 30, 0, 1.3 + 4.5e9 / (double)floor_time(h, 400));
	}
}
END_TEST

static void
longer_windows(const struct host *h)
{
	struct setup s = setup(h, 25, 800, SEC / 2);
	unsigned i;

	for (i = 0; i < 2; i++) {
		s.clients = i == 0 ? 25 : 5;
		s.base = SEC / 2;
		holds(&s, 45, 2, 1.3);
		s.base = 5 * SEC;
		holds(&s, 45, 2, 1.3);
		s.named = true;
		holds(&s, 40, 0, 1.03);
		s.named = false;
	}
}

START_TEST(windows)
{
	longer_windows(&fixed);
	longer_windows(&sliding);
}
END_TEST

/* Named times as short as a second, and 80 requests at first. */
START_TEST(buckets)
{
	struct setup s = setup(&bucket, 25, 800, SEC / 2);

	holds(&s, 250, 6, 1.05);
	s.base = 5 * SEC;
	holds(&s, 80, 0, 1.1);
	s.named = true;
	holds(&s, 120, 0, 1.05);
	s.clients = 5;
	holds(&s, 100, 0, 1.05);
	s = setup(&leaky, 25, 800, SEC / 2);
	holds(&s, 260, 6, 1.1);
	s.base = 5 * SEC;
	holds(&s, 140, 1, 1.2);
}
END_TEST

START_TEST(at_once)
{
	struct setup s = setup(&slots, 25, 800, SEC / 2);

	holds(&s, 100, 1, 1.7);
	s.base = 5 * SEC;
	holds(&s, 100, 1, 1.9);
	s.named = true;
	holds(&s, 80, 0, 2.6);
}
END_TEST

START_TEST(two_limits)
{
	struct setup s = setup(&two, 25, 800, SEC / 2);

	holds(&s, 130, 0, 1.2);
	s.named = true;
	holds(&s, 110, 0, 1.05);
	s = setup(&two20, 25, 800, SEC / 2);
	holds(&s, 80, 2, 1.4);
	s.named = true;
	holds(&s, 70, 0, 1.05);
}
END_TEST

/* What is configured is right, or too much; the way there is not steady. */
START_TEST(configured_limits)
{
	struct host h = per_second(20);
	struct setup s;
	unsigned i;

	for (i = 0; i < 6; i++) {
		s = setup(&h, 25, 800, i % 2 ? 5 * SEC : SEC / 2);
		s.lat = i / 2 * 50 * MS;
		limit(&s, 20, SEC);
		holds(&s, 8, 0, 1.3);
		s.host = sliding;
		limit(&s, 80, 6 * SEC);
		holds(&s, 8, 0, 1.2);
		s.host = fixed;
		holds(&s, 8, 0, 1.25);
		s.host = bucket;
		holds(&s, 8, 0, 1.2);
	}
	/* and where it is steady, without the first pause */
	s = setup(&h, 25, 800, SEC);
	limit(&s, 20, SEC);
	holds(&s, 8, 0, 1.1);
	s.base = 5 * SEC;
	limit(&s, 60, SEC);
	holds(&s, 80, 2, 1.3);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("recovery");
	TCase *tc = tcase_create("hosts");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, windows_of_a_second);
	tcase_add_test(tc, windows);
	tcase_add_test(tc, buckets);
	tcase_add_test(tc, at_once);
	tcase_add_test(tc, two_limits);
	tcase_add_test(tc, configured_limits);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
