/* SPDX-License-Identifier: ISC */
#include "check_store.h"

#include "check_run.h"
#include "hosts/store_command.h"
#include "throttle/lease_account.h"

/* Questions to a real server, and their answers. */

static struct server	*server;

static void
setup(void)
{
	server = start_server(NULL);
	open_store("{redis: redis://127.0.0.1:%d, namespace: test, "
	    "timeout: 10s}",
	    server->port);
	TURN_UNTIL(connected > 0);
}

static void
teardown(void)
{
	close_store();
	stop_servers();
}

static const char *
key_of(const char *budget)
{
	static char key[256];

	snprintf(key, sizeof key, "sluice:{test.%u}:b:%s", store_tag(budget,
	    strlen(budget)), budget);
	return key;
}

START_TEST(test_lease)
{
	uint64_t before = loop_now();

	ask("a", &ten, &one);
	ck_assert_msg(last.ok, "%s", last_why);
	ck_assert_uint_eq(last.lease.serial, 0);	/* born empty */
	ck_assert_uint_gt(last.lease.again_at, last.lease.now);
	ck_assert_uint_le(before, last.sent);
	ck_assert_uint_le(last.sent, last.received);
	ask_for_lease("a", &ten, &one);
	ck_assert_uint_eq(last.lease.amount, UNIT);
	ck_assert_uint_ge(last.lease.begins[0], last.lease.now);
	ck_assert_uint_eq(last.lease.ends[0] - last.lease.begins[0],
	    100 * MS);
	ck_assert_uint_eq(connected, 1);
	ck_assert_uint_eq(lost, 0);
}
END_TEST

START_TEST(test_no_script)
{
	ask("a", &ten, &one);
	ck_assert_str_eq(redis_say(server, "SCRIPT FLUSH"), "+OK\r\n");
	ask("a", &ten, &one);
	ck_assert_msg(last.ok, "%s", last_why);
}
END_TEST

START_TEST(test_other_type)
{
	redis_say(server, "SET %s 1", key_of("a"));
	ask("a", &ten, &one);
	ck_assert(!last.ok);
	ck_assert_ptr_nonnull(strstr(last_why, key_of("a")));
	ck_assert_ptr_nonnull(strstr(last_why, "WRONGTYPE"));
	/* others are as they were */
	ask("b", &ten, &one);
	ck_assert_msg(last.ok, "%s", last_why);
	ck_assert_uint_eq(lost, 0);
}
END_TEST

#define TEN "10000000:1000000:10000000:0"	/* as it is known there */

static const struct {
	const char	*field;
	const char	*value;
} foreign[] = {
	{ "t" TEN, "x" }, { "t" TEN, "-1" }, { "t" TEN, "nan" },
	{ "t" TEN, "inf" }, { "t" TEN, "1.5" }, { "t" TEN, "1e300" },
	{ "t" TEN, "9007199254740993" },
	{ "newest", "-" }, { "serial", "a" }, { "born", "b" },
	{ "quarantine", "c" }, { "pause", "d" }, { "lag", "e" },
	{ "l1:1:1:0", "f" },
	{ "h7", "1" }, { "h9", "x" },
};

START_TEST(test_foreign_value)
{
	ask_for_lease("a", &ten, &one);
	redis_say(server, "HSET %s %s %s", key_of("a"), foreign[_i].field,
	    foreign[_i].value);
	ask("a", &ten, &one);
	ck_assert(!last.ok);
	ck_assert_ptr_nonnull(strstr(last_why, key_of("a")));
	ck_assert_ptr_nonnull(strstr(last_why, foreign[_i].field));
	ck_assert_uint_eq(lost, 0);
}
END_TEST

START_TEST(test_foreign_epoch)
{
	redis_say(server, "SET sluice:{test.%u}:e x", store_tag("a", 1));
	ask("a", &ten, &one);
	ck_assert(!last.ok);
	ck_assert_ptr_nonnull(strstr(last_why, "WRONGTYPE"));
}
END_TEST

START_TEST(test_many)
{
	struct store_question q = { .limits = &ten, .ask = one, .len = 1 };
	unsigned i;

	for (i = 0; i < STORE_ASKED; i++) {
		q.budget = &"abcdefghijklmnopqrstuvwxyz"[i % 26];
		ck_assert(store_redis_ask(store, &q, answer_cb, NULL));
	}
	ck_assert(!store_redis_ask(store, &q, answer_cb, NULL));
	TURN_UNTIL(answers == STORE_ASKED);
	ck_assert_uint_eq(answers_ok, STORE_ASKED);
	q.len = STORE_BUDGET + 1;
	ck_assert(!store_redis_ask(store, &q, answer_cb, NULL));
}
END_TEST

START_TEST(test_long_name)
{
	char name[STORE_BUDGET + 1];

	memset(name, '{', sizeof name);
	name[STORE_BUDGET] = '\0';
	ask(name, &ten, &one);
	ck_assert_msg(last.ok, "%s", last_why);
	memset(name, '\xff', STORE_BUDGET);
	ask(name, &ten, &one);
	ck_assert_msg(last.ok, "%s", last_why);
}
END_TEST

/* What was used long ago has expired, and is full; what was lost is not. */
START_TEST(test_expired)
{
	static const struct budget_limits fast = {
		.rates = { { 1000 * UNIT, SECOND, 10 * UNIT, false } },
		.nrates = 1,
	};
	uint64_t until = loop_now() + PATIENCE;

	ask_for_lease("a", &fast, &one);
	ck_assert_str_ne(redis_say(server, "PTTL %s", key_of("a")), ":-1\r\n");
	ck_assert_str_eq(redis_say(server, "PTTL sluice:{test.%u}:e",
	    store_tag("a", 1)), ":-1\r\n");
	do {
		ck_assert(loop_now() < until);
		redis_say(server, "DEL %s", key_of("a"));
		ask("a", &fast, &one);
		ck_assert_uint_ne(last.lease.serial, 0);
	} while (last.lease.begins[0] > last.lease.now);
	redis_say(server, "FLUSHALL");
	ask("a", &fast, &one);
	ck_assert_uint_eq(last.lease.serial, 0);
	ck_assert_uint_ge(last.lease.again_at, last.lease.now + 500 * MS);
}
END_TEST

/* As if the server's clock had been set back by an hour meanwhile. */
START_TEST(test_set_back)
{
	uint64_t later;

	ask_for_lease("a", &ten, &one);
	later = last.lease.now / 1000 + 3600000000;
	redis_say(server, "HSET %s newest %llu pause %llu", key_of("a"),
	    (unsigned long long)later, (unsigned long long)later);
	redis_say(server, "HSET sluice:{test.%u}:e born %llu quarantine %llu",
	    store_tag("a", 1), (unsigned long long)later,
	    (unsigned long long)later);
	ask("a", &ten, &one);
	ck_assert_msg(last.ok, "%s", last_why);
	ck_assert_uint_eq(last.lease.serial, 0);
	ck_assert_uint_lt(last.lease.now, later * 1000);
	ck_assert_uint_le(last.lease.again_at, last.lease.now + 700 * MS);
	ck_assert_uint_eq(last.lease.pause, 0);
	ask_for_lease("a", &ten, &one);
	/* nor is one that nobody has heard of kept waiting until then */
	redis_say(server, "DEL %s", key_of("a"));
	ask_for_lease("a", &ten, &one);
}
END_TEST

/* Who comes when all places are taken is told that there are so many. */
START_TEST(test_no_place)
{
	struct lease_question q = one;
	unsigned i;

	for (i = 0; i < LEASE_HOLDERS + 6; i++) {
		q.holder = i + 1;
		q.horizon = 10 * SECOND;
		ask("a", &ten, &q);
		ck_assert_msg(last.ok, "%s", last_why);
		if (last.lease.again_at > last.lease.now && i == 0) {
			/* as long as it is in quarantine nobody has one */
			redis_say(server, "HSET %s quarantine 0",
			    key_of("a"));
			i--;
			continue;
		}
		ck_assert_uint_eq(last.lease.peers, i < LEASE_HOLDERS ? i + 1 :
		    LEASE_HOLDERS + 1);
	}
}
END_TEST

/* Several proxies, each with its own idea of what the limits are. */
static const struct {
	const char		*what;
	struct budget_limits	 limits[2];
	uint64_t		 foreign;	/* of the first, for the other */
	uint64_t		 slowest;	/* of a second */
} others[] = {
	{ "the same", { { .rates = {
	    { 200 * UNIT, SECOND, 200 * UNIT, false } }, .nrates = 1 },
	    { .rates = {
	    { 200 * UNIT, SECOND, 200 * UNIT, false } }, .nrates = 1 } },
	    0, 200 },
	{ "in another order", { { .rates = {
	    { 200 * UNIT, SECOND, 200 * UNIT, false },
	    { 9000 * UNIT, 30 * SECOND, 9000 * UNIT, false } }, .nrates = 2 },
	    { .rates = {
	    { 9000 * UNIT, 30 * SECOND, 9000 * UNIT, false },
	    { 200 * UNIT, SECOND, 200 * UNIT, false } }, .nrates = 2 } },
	    0, 200 },
	{ "exact or not", { { .rates = {
	    { 200 * UNIT, SECOND, 200 * UNIT, false } }, .nrates = 1 },
	    { .rates = {
	    { 200 * UNIT, SECOND, 200 * UNIT, true } }, .nrates = 1 } },
	    1, 200 },
	{ "more or less", { { .rates = {
	    { 200 * UNIT, SECOND, 200 * UNIT, false } }, .nrates = 1 },
	    { .rates = {
	    { 100 * UNIT, SECOND, 100 * UNIT, false } }, .nrates = 1 } },
	    1, 100 },
};

/* A lease of up to ten, all of which is used; returns its amount. */
static uint64_t
use(unsigned who, const struct budget_limits *limits,
    struct lease_question *q)
{
	q->holder = who + 1;
	q->demand = 10 * UNIT;
	ask("a", limits, q);
	ck_assert_msg(last.ok, "%s", last_why);
	if (last.lease.serial == 0)
		return 0;
	q->last = last.lease.serial;
	if (limits->rates[0].strict)
		q->counted += last.lease.amount;
	return last.lease.amount;
}

/* Neither starves the other, and the smaller of both holds. */
START_TEST(test_others_limits)
{
	struct lease_question q[2] = { one, one };
	uint64_t got[2] = { 0, 0 }, since, until, most, first = 0;
	unsigned i;

	until = loop_now() + PATIENCE;
	do {
		ck_assert(loop_now() < until);
		nap();
		for (i = 0; i < 2; i++)
			if (use(i, &others[_i].limits[i], &q[i]) > 0 &&
			    first == 0)
				first = last.lease.now;
	} while (first == 0);
	since = last.lease.now;
	while (last.lease.now < since + 3 * SECOND)
		for (i = 0; i < 2; i++) {
			got[i] += use(i, &others[_i].limits[i], &q[i]);
			ck_assert_uint_eq(last.lease.foreign,
			    others[_i].foreign);
			turn();
		}
	most = others[_i].slowest * UNIT;
	/* what a bucket had at first, and a horizon ahead, come on top */
	ck_assert_uint_le(got[0] + got[1], 3 * most + most + most / 5);
	ck_assert_uint_ge(got[0] + got[1], 2 * most);
	for (i = 0; i < 2; i++)
		ck_assert_msg(got[i] >= most / 4, "%u has %llu", i,
		    (unsigned long long)got[i]);
}
END_TEST

/* Limits that nobody asks with any more are forgotten. */
START_TEST(test_past_limits)
{
	struct budget_limits faster = ten;
	uint64_t until = loop_now() + PATIENCE;

	ask_for_lease("a", &ten, &one);
	faster.rates[0].capacity *= 2;
	do {
		ck_assert(loop_now() < until);
		ask("a", &faster, &one);
		ck_assert_msg(last.ok, "%s", last_why);
	} while (last.lease.foreign > 0);
	ck_assert_str_eq(redis_say(server, "HEXISTS %s t" TEN, key_of("a")),
	    ":0\r\n");
	ask_for_lease("a", &faster, &one);
}
END_TEST

START_TEST(test_pause)
{
	struct store_question q = { .budget = "a", .len = 1, .limits = &ten,
	    .ask = one };
	unsigned count = 0;

	q.ask.told.pause = 5000 * SECOND;
	ck_assert(store_redis_ask(store, &q, answer_cb, &count));
	TURN_UNTIL(count == 1);
	ck_assert_uint_eq(last.lease.pause, 5000 * SECOND);
	q.ask.told.pause = 4000 * SECOND;
	ck_assert(store_redis_ask(store, &q, answer_cb, &count));
	TURN_UNTIL(count == 2);
	ck_assert_uint_eq(last.lease.pause, 5000 * SECOND);
	ask("b", &ten, &one);
	ck_assert_uint_eq(last.lease.pause, 0);
}
END_TEST

/* Who asks is answered, also where it ends. */
START_TEST(test_closed)
{
	struct store_question q = { .budget = "a", .len = 1, .limits = &ten,
	    .ask = one };

	ck_assert(store_redis_ask(store, &q, answer_cb, NULL));
	ck_assert(store_redis_ask(store, &q, answer_cb, NULL));
	store_redis_close(store);
	ck_assert_uint_eq(answers, 2);
	ck_assert_uint_eq(answers_ok, 0);
	ck_assert(!store_redis_ask(store, &q, answer_cb, NULL));
	store = NULL;
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("store_redis");
	TCase *tc = tcase_create("plain");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_lease);
	tcase_add_test(tc, test_no_script);
	tcase_add_test(tc, test_other_type);
	ROWS(tc, test_foreign_value, foreign);
	tcase_add_test(tc, test_foreign_epoch);
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_long_name);
	tcase_add_test(tc, test_expired);
	tcase_add_test(tc, test_set_back);
	tcase_add_test(tc, test_no_place);
	ROWS(tc, test_others_limits, others);
	tcase_add_test(tc, test_past_limits);
	tcase_add_test(tc, test_pause);
	tcase_add_test(tc, test_closed);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
