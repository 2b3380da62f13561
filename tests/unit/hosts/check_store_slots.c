/* SPDX-License-Identifier: ISC */
#include "check_store.h"

#include "check_random.h"
#include "check_run.h"
#include "hosts/store_command.h"
#include "throttle/lease_account.h"

/*
 * The script in a real server lends slots as lease_slots_grant() does, which gets
 * the same questions, and the instants that the script has seen.  Times are such
 * that both have them exactly.
 */

#define HOLDERS	6
#define PLACES	LEASE_HOLDERS
#define QUESTIONS 400
#define TTL	(60 * MS)	/* a third, and a twentieth of that, are whole */

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

static void
ask_slots(const char *budget, const struct lease_slots_question *q)
{
	const struct store_question question = {
		.budget = budget,
		.len = strlen(budget),
		.slots = q,
	};
	unsigned count = 0;

	ck_assert(store_redis_ask(store, &question, answer_cb, &count));
	TURN_UNTIL(count > 0);
}

/* What a holder knows. */
struct holding {
	uint64_t	 number;
	uint32_t	 slots;
	uint32_t	 known;
	uint64_t	 now, pause, ordered;	/* theirs, as it was told */
};

static struct lease_slots_question
question(struct holding *h, unsigned who, uint32_t limit)
{
	struct lease_slots_question q = {
		.holder = who + 1,
		.limit = limit,
		.weight = (uint32_t)(1 + any(5)),
		.holds = (uint32_t)any(h->slots + (any(10) == 0 ? 3 : 1)),
		.want = (uint32_t)any(2 * limit + 1),
		.known = h->known,
		.ttl = TTL,
		.grace = any(3) * 2 * MS,
	};

	q.good = (uint32_t)any(q.holds + 1);
	q.busy = (uint32_t)any(q.holds + 1);
	if (any(2) == 0)
		q.longest = (5 + any(50)) * MS;
	if (any(30) == 0)
		q.told.pause = h->now + any(20) * MS;
	if (any(10) == 0)
		q.told.opened = h->pause;
	if (any(3) != 0)
		q.told.heeded = h->ordered;
	if (any(40) == 0)
		q.told.orders = (1 + any(20)) * MS;
	if (any(2) == 0)
		q.told.ago = any(20) * MS;
	if (any(20) == 0)
		q.limit = (uint32_t)(1 + any(2 * limit));
	if (any(25) == 0) {
		q.leaves = true;
		q.holds = (uint32_t)any(2) * q.holds;
	}
	/* a letter that was overtaken */
	q.number = any(30) == 0 ? h->number : ++h->number;
	return q;
}

static void
compare(const struct lease_slots_answer *a, const struct lease_slots_answer *b)
{
	must(a->number == b->number);
	must(a->now == b->now);
	must(a->slots == b->slots);
	must(a->keeps == b->keeps);
	must(a->turn_ends == b->turn_ends);
	must(a->ends == b->ends);
	/* a quarantine ends at some ns */
	must(a->again_at == (b->again_at + 999) / 1000 * 1000);
	must(a->peers == b->peers);
	must(a->pause == b->pause);
	must(a->ordered == b->ordered);
	must(a->probe == b->probe);
}

static const uint32_t limits[] = { 1, 2, 4, 10, 100 };

START_TEST(test_same)
{
	static struct holding holdings[HOLDERS];
	static struct lease_slots_holder holders[PLACES];
	struct lease_slots_grantor g;
	struct lease_slots_question q;
	struct lease_slots_answer a;
	struct holding *h;
	const char *text = getenv("STORE_SEED");
	unsigned lent = 0, turns = 0;

	seed = text != NULL ? strtoull(text, NULL, 10) : 1;
	state = (seed + 1000 * (uint64_t)_i) | 1;
	memset(holdings, 0, sizeof holdings);
	lease_slots_init(&g, holders, PLACES);
	for (step = 0; step < repetitions(QUESTIONS) || lent < 10; step++) {
		must(step < 20 * QUESTIONS);
		if (any(3) == 0)
			turn();
		h = &holdings[any(HOLDERS)];
		q = question(h, (unsigned)(h - holdings), limits[_i]);
		ask_slots("budget", &q);
		ck_assert_msg(last.ok, "%s", last_why);
		lease_slots_grant(&g, &q, 1, last.slots.now, &a);
		compare(&last.slots, &a);
		h->now = a.now;
		h->pause = a.pause;
		h->ordered = a.ordered;
		if (a.ends == 0)
			continue;
		h->slots = a.slots;
		h->known = (uint32_t)a.peers;
		lent += a.slots > 0;
		turns += a.turn_ends != 0;
	}
	must(limits[_i] > HOLDERS || turns > 0 || step < QUESTIONS);
}
END_TEST

/* Nobody was known: what a dead one may have had is not waited for. */
START_TEST(test_new_store)
{
	struct lease_slots_question q = { .holder = 1, .limit = 4,
		.weight = 1, .want = 4, .ttl = TTL, .grace = 3600 * SECOND };
	uint64_t until = loop_now() + PATIENCE;

	do {
		ck_assert(loop_now() < until);
		nap();
		q.number++;
		ask_slots("budget", &q);
		ck_assert_msg(last.ok, "%s", last_why);
	} while (last.slots.slots == 0);
	ck_assert_uint_eq(last.slots.slots, 4);
	ck_assert_uint_eq(last.slots.peers, 1);
}
END_TEST

/* Values of others are named, and nothing is lent on them. */
START_TEST(test_foreign)
{
	struct lease_slots_question q = { .holder = 1, .number = 1, .limit = 4,
		.weight = 1, .want = 4, .ttl = TTL };
	unsigned tag = store_tag("budget", 6);

	ask_slots("budget", &q);
	ck_assert_msg(last.ok, "%s", last_why);
	redis_say(server, "HSET sluice:{test.%u}:s:budget h7 nonsense", tag);
	q.number++;
	ask_slots("budget", &q);
	ck_assert(!last.ok);
	ck_assert_ptr_nonnull(strstr(last_why, ":s:budget"));
	ck_assert_ptr_nonnull(strstr(last_why, "FOREIGN value of h7"));
	redis_say(server, "DEL sluice:{test.%u}:s:budget", tag);
	redis_say(server, "SET sluice:{test.%u}:s:budget text", tag);
	q.number++;
	ask_slots("budget", &q);
	ck_assert(!last.ok);
	ck_assert_ptr_nonnull(strstr(last_why, "WRONGTYPE"));
}
END_TEST

/* A clock that was set back: as with another run, and nobody waits for it. */
START_TEST(test_set_back)
{
	struct lease_slots_question q = { .holder = 1, .limit = 1,
		.weight = 1, .want = 1, .ttl = TTL };
	unsigned tag = store_tag("budget", 6);
	uint64_t until = loop_now() + PATIENCE;
	unsigned long long later;

	q.number++;
	ask_slots("budget", &q);
	ck_assert_msg(last.ok, "%s", last_why);
	later = last.slots.now / 1000 + 3600000000;
	redis_say(server, "HSET sluice:{test.%u}:s:budget newest %llu told 1 "
	    "quarantine 1", tag, later);
	redis_say(server, "HSET sluice:{test.%u}:s:budget h2 "
	    "\"1 1 1 1 %llu 0 %llu %llu 1\"", tag, later, later, later);
	redis_say(server, "HSET sluice:{test.%u}:es born %llu", tag, later);
	do {
		ck_assert(loop_now() < until);
		nap();
		q.number++;
		ask_slots("budget", &q);
		ck_assert_msg(last.ok, "%s", last_why);
		ck_assert_uint_lt(last.slots.now, later * 1000);
	} while (last.slots.slots == 0);
	ck_assert_uint_eq(last.slots.peers, 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("store_slots");
	TCase *tc = tcase_create("script");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	ROWS(tc, test_same, limits);
	tcase_add_test(tc, test_new_store);
	tcase_add_test(tc, test_foreign);
	tcase_add_test(tc, test_set_back);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
