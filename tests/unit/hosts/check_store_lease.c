/* SPDX-License-Identifier: ISC */
#include "check_store.h"

#include "check_random.h"
#include "check_run.h"
#include "throttle/lease_account.h"

/*
 * The script in a real server answers as lease_grant_share() does, which gets
 * the same questions, and the instants that the script has seen.  Limits and
 * times are such that both have them exactly.
 */

#define HOLDERS	4
#define QUESTIONS 400

static struct server	*server;

static void
setup(void)
{
	server = start_server(NULL);
	open_store("{redis: redis://127.0.0.1:%d, namespace: test, "
	    "timeout: 5s}", server->port);
	TURN_UNTIL(connected > 0);
}

static void
teardown(void)
{
	close_store();
	stop_servers();
}

static const struct {
	const char		*what;
	struct budget_limits	 limits;
} rows[] = {
	{ "a rate", { .rates = {
	    { 1000 * UNIT, SECOND, 10 * UNIT, false } }, .nrates = 1 } },
	{ "a burst of one", { .rates = {
	    { 1000 * UNIT, SECOND, UNIT, false } }, .nrates = 1 } },
	{ "a slow one", { .rates = {
	    { 20 * UNIT, SECOND, 20 * UNIT, false } }, .nrates = 1 } },
	{ "several", { .rates = {
	    { 1000 * UNIT, SECOND, 100 * UNIT, false },
	    { 50000 * UNIT, 50 * SECOND, 40 * UNIT, false },
	    { 3600000 * UNIT, 3600 * SECOND, 20 * UNIT, false } },
	    .nrates = 3 } },
	{ "a window", { .rates = {
	    { 100 * UNIT, 255 * MS, 100 * UNIT, true } }, .nrates = 1 } },
	{ "a small window", { .rates = {
	    { 3 * UNIT, 51 * MS, 3 * UNIT, true } }, .nrates = 1 } },
	{ "a window and a rate", { .rates = {
	    { 100 * UNIT, 255 * MS, 100 * UNIT, true },
	    { 1000 * UNIT, SECOND, 30 * UNIT, false } }, .nrates = 2 } },
	{ "a window with a burst", { .rates = {
	    { 100 * UNIT, 510 * MS, 5 * UNIT, true } }, .nrates = 1 } },
};

/* What a holder knows; it has two serials of the same lease. */
struct holding {
	struct lease_question	 ask;
	struct lease_answer	 theirs, ours;
	uint64_t		 held;
};

static void
report(struct holding *h, struct lease_question *q)
{
	uint64_t used = h->held > 0 ? any(h->held / UNIT + 1) * UNIT :
	    0, given = any((h->held - used) / UNIT + 1) * UNIT;

	q->counted = h->ask.counted += used;
	q->unused = h->ask.unused += given;
	h->held -= used + given;
}

/* The tail of the last lease, from somewhere in it. */
static void
give_back(const struct holding *h, const struct budget_limits *limits,
    struct lease_question *q)
{
	uint64_t length;
	unsigned i;

	q->returned = h->theirs.serial;
	for (i = 0; i < limits->nrates; i++) {
		length = h->theirs.ends[i] - h->theirs.begins[i];
		q->ends[i] = limits->rates[i].strict ? 0 :
		    h->theirs.begins[i] + any(length / 1000 + 1) * 1000;
	}
}

static struct lease_question
question(struct holding *h, unsigned who, const struct budget_limits *limits)
{
	struct lease_question q = {
		.holder = who + 1,
		.weight = 1 + any(5),
		.first = any(4) * UNIT,
		.demand = any(60) * UNIT,
		.horizon = 20 * MS,
		.guard = any(4) * 500000,
		.last = h->theirs.serial,
	};

	if (any(50) == 0)
		q.guard = lease_guard_most(limits, q.horizon) + MS;
	/* what it says of the clock holds the store's time back, once */
	if (any(20) == 0) {
		q.gained = (1 + any(3)) * MS;
		q.gained_at = h->theirs.now;
	}
	/* once: who is told so again and again is in quarantine for ever */
	if (step == QUESTIONS / 2)
		q.stepped = h->theirs.now;
	q.longest = (5 + any(50)) * MS;
	if (any(30) == 0 && h->theirs.now != 0)
		q.told.pause = h->theirs.now + any(20) * MS;
	if (any(10) == 0)
		q.told.opened = h->theirs.pause;
	if (any(3) != 0)
		q.told.heeded = h->theirs.ordered;
	if (any(40) == 0)
		q.told.orders = (1 + any(20)) * MS;
	if (any(2) == 0)
		q.told.ago = any(20) * MS;
	report(h, &q);
	if (h->theirs.serial != 0 && any(2) == 0)
		give_back(h, limits, &q);
	q.leaves = any(25) == 0;
	return q;
}

static void
compare(const struct lease_answer *a, const struct lease_answer *b,
    const struct budget_limits *limits)
{
	uint64_t most = a->now + 60 * SECOND;
	unsigned i;

	must((a->serial != 0) == (b->serial != 0));
	must(a->amount == b->amount);
	must(a->peers == b->peers);
	must(a->pause == b->pause);
	must(a->ordered == b->ordered);
	must(a->probe == b->probe);
	must(a->again_at == (b->again_at < most ? b->again_at : most));
	for (i = 0; i < limits->nrates && a->serial != 0; i++) {
		must(a->begins[i] == b->begins[i]);
		must(a->ends[i] == b->ends[i]);
	}
	for (i = 0; i < limits->nrates; i++)
		must(a->left[i] == b->left[i]);
	must(a->guard == b->guard);
	must(a->leavers == b->leavers);
}

START_TEST(test_same)
{
	static struct holding holdings[HOLDERS];
	const struct budget_limits *limits = &rows[_i].limits;
	static struct window windows[BUDGET_RATES];
	static struct lease_holder holders[LEASE_HOLDERS];
	struct lease_grantor g;
	struct lease_question q;
	struct lease_answer a;
	struct holding *h;
	const char *text = getenv("STORE_SEED");
	unsigned leases = 0;
	uint64_t lag;

	seed = text != NULL ? strtoull(text, NULL, 10) : 1;
	state = (seed + 1000 * (uint64_t)_i) | 1;
	memset(holdings, 0, sizeof holdings);
	lease_grantor_init(&g, limits, windows, holders, LEASE_HOLDERS);
	for (step = 0; step < repetitions(QUESTIONS) || leases < 10; step++) {
		must(step < 20 * QUESTIONS);
		if (any(3) == 0)
			turn();
		h = &holdings[any(HOLDERS)];
		q = question(h, (unsigned)(h - holdings), limits);
		ask("budget", limits, &q);
		ck_assert_msg(last.ok, "%s", last_why);
		q.last = q.last != 0 ? h->ours.serial : 0;
		q.returned = q.returned != 0 ? h->ours.serial : 0;
		lag = g.lag + (q.gained_at > g.lagged ? q.gained : 0);
		lease_grant_share(&g, &q, 1, last.lease.now + lag, &a);
		compare(&last.lease, &a, limits);
		if (any(10) == 0)
			continue;	/* the answer is lost */
		h->ours = a;
		h->theirs = last.lease;
		h->held += last.lease.amount;
		leases += last.lease.serial != 0;
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("store_lease");
	TCase *tc = tcase_create("script");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	ROWS(tc, test_same, rows);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
