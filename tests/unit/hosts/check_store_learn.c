/* SPDX-License-Identifier: ISC */
#include "check_store.h"

#include "check_random.h"
#include "check_run.h"
#include "hosts/store_command.h"

/*
 * The script in a real server lends what is learned as lease_learn_grant() does,
 * which gets the same questions, and the instants that the script has seen.
 * Times are such that both have them exactly.
 */

#define HOLDERS	6
#define QUESTIONS 600
#define TTL	(60 * MS)

static struct server	*server;
static struct lease_learn g;
static char		 told[ESTIMATE_SAVED];

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

/* The answer's text is there until it is told. */
static void
learn_cb(void *arg, const struct store_answer *answer)
{
	told[0] = '\0';
	if (answer->ok && answer->learn.text != NULL)
		snprintf(told, sizeof told, "%s", answer->learn.text);
	answer_cb(arg, answer);
}

static void
ask_learn(const char *budget, const struct lease_learn_question *q)
{
	const struct store_question question = {
		.budget = budget,
		.len = strlen(budget),
		.learn = q,
	};
	unsigned count = 0;

	ck_assert(store_redis_ask(store, &question, learn_cb, &count));
	TURN_UNTIL(count > 0);
}

/* What a holder knows. */
struct holding {
	uint64_t	 number;
	uint64_t	 known;
	uint64_t	 heeded;
	bool		 has;
};

static struct lease_learn_question
question(struct holding *h, unsigned who, char text[32])
{
	struct lease_learn_question q = {
		.holder = who + 1,
		.known = h->known,
		.has = h->has && any(20) != 0,
		.wants = any(4) != 0,
		.ahead = any(20),
		.flying = any(5),
		.ttl = TTL,
		.memory = SECOND,
		.merged = any(3),
		.merged_late = any(3),
		.went = any(10),
		.late = any(10),
		.began = any(50) * MS,
		.heeded = any(3) != 0 ? h->heeded : 0,
		.orders = any(20) == 0 ? (1 + any(20)) * MS : 0,
		.renews = any(2) == 0,
	};

	q.returns = q.has && any(4) == 0;
	/* a letter that was overtaken */
	q.number = any(30) == 0 ? h->number : ++h->number;
	if (any(3) == 0) {
		snprintf(text, 32, "what %u knew %u", who, step);
		q.text = text;
	}
	return q;
}

static void
compare(const struct lease_learn_answer *a, const struct lease_learn_answer *b)
{
	must(a->now == b->now);
	must(a->known == b->known);
	must(a->free == b->free);
	must(a->serial == b->serial);
	must(a->ends == b->ends);
	must(a->written == b->written);
	must(a->lost == b->lost);
	must(a->merged == b->merged);
	must(a->went == b->went);
	must(a->merged_late == b->merged_late);
	must(a->late == b->late);
	must(a->began == b->began);
	must(a->abroad == b->abroad);
	must(a->others == b->others);
	must(a->ordered == b->ordered);
	must(a->renewed == b->renewed);
	must(a->heeded == b->heeded);
	/* a quarantine ends at some ns */
	must(a->again_at == (b->again_at + 999) / 1000 * 1000);
	must(strcmp(told, b->text != NULL ? b->text : "") == 0);
}

START_TEST(test_same)
{
	static struct holding holdings[HOLDERS];
	struct lease_learn_question q;
	struct lease_learn_answer a;
	struct holding *h;
	const char *text = getenv("STORE_SEED");
	unsigned lent = 0, lost_some = 0, passes = 0;
	char knows[32];

	seed = text != NULL ? strtoull(text, NULL, 10) : 1;
	state = (seed + 1000 * (uint64_t)_i) | 1;
	memset(holdings, 0, sizeof holdings);
	lease_learn_init(&g);
	for (step = 0; step < repetitions(QUESTIONS) || lent < 10; step++) {
		must(step < 20 * QUESTIONS);
		if (any(4) == 0)
			turn();
		h = &holdings[any(HOLDERS)];
		q = question(h, (unsigned)(h - holdings), knows);
		ask_learn("budget", &q);
		ck_assert_msg(last.ok, "%s", last_why);
		lease_learn_grant(&g, &q, 1, last.learn.now, &a);
		compare(&last.learn, &a);
		h->has = a.serial != 0 && any(10) != 0;
		if (a.serial != 0)
			h->known = a.serial;
		h->heeded = a.ordered;
		lent += a.serial != 0;
		lost_some += a.lost != 0;
		passes += a.free;
	}
	must(step < QUESTIONS || lost_some > 0 || passes > 0);
}
END_TEST

/* A text of all bytes that an estimate may have, as long as one may be. */
START_TEST(test_long)
{
	static char text[ESTIMATE_SAVED];
	struct lease_learn_question q = { .holder = 1, .wants = true,
		.ttl = TTL, .memory = SECOND, .text = text };
	uint64_t until = loop_now() + PATIENCE;

	memset(text, 'x', sizeof text - 1);
	do {
		ck_assert(loop_now() < until);
		nap();
		q.number++;
		ask_learn("budget", &q);
		ck_assert_msg(last.ok, "%s", last_why);
	} while (last.learn.serial == 0);
	q = (struct lease_learn_question){ .holder = 2, .number = 1,
		.wants = true, .ttl = TTL, .memory = SECOND };
	do {
		ck_assert(loop_now() < until);
		nap();
		q.number++;
		ask_learn("budget", &q);
		ck_assert_msg(last.ok, "%s", last_why);
	} while (last.learn.serial == 0);
	ck_assert_str_eq(told, text);
}
END_TEST

/* Values of others are named, and nothing is lent on them. */
START_TEST(test_foreign)
{
	struct lease_learn_question q = { .holder = 1, .number = 1,
		.wants = true, .ttl = TTL, .memory = SECOND };
	unsigned tag = store_tag("budget", 6);

	ask_learn("budget", &q);
	ck_assert_msg(last.ok, "%s", last_why);
	redis_say(server, "HSET sluice:{test.%u}:l:budget h7 nonsense", tag);
	q.number++;
	ask_learn("budget", &q);
	ck_assert(!last.ok);
	ck_assert_ptr_nonnull(strstr(last_why, ":l:budget"));
	ck_assert_ptr_nonnull(strstr(last_why, "FOREIGN value of h7"));
	redis_say(server, "DEL sluice:{test.%u}:l:budget", tag);
	redis_say(server, "SET sluice:{test.%u}:l:budget text", tag);
	q.number++;
	ask_learn("budget", &q);
	ck_assert(!last.ok);
	ck_assert_ptr_nonnull(strstr(last_why, "WRONGTYPE"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("store_learn");
	TCase *tc = tcase_create("script");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_same, 0, 4);
	tcase_add_test(tc, test_long);
	tcase_add_test(tc, test_foreign);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
