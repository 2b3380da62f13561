/* SPDX-License-Identifier: ISC */
#include "check_store_desk.h"

/* What proxies tell each other: pauses, those of parts, and orders. */

/* Of a pause it has heard: it asks at once, or when there is an answer. */
START_TEST(others_have_paused)
{
	static const char name[] = "a.test a.test h";

	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	heard(owner, name, sizeof name - 1);
	ck_assert_uint_eq(nquestions, 0);
	ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	heard(owner, name, sizeof name - 1);
	heard(owner, "b.test b.test h", sizeof name - 1);
	ck_assert_uint_eq(nquestions, 1);
	grant(&questions[0]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	wait_until(now + 1);
	ck_assert_uint_eq(nquestions, 2);
	ck_assert_uint_eq(questions[1].ask.first, 0);
	answer_with(&questions[1], &(struct store_answer){ .ok = true,
	    .sent = now, .received = now, .lease = { .now = SECOND,
	    .pause = 31 * SECOND } });
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_WAIT);
	heard(owner, name, sizeof name - 1);
	ck_assert_uint_eq(nquestions, 3);
	close_desk(2);
}
END_TEST

/* Answers all that wait for one. */
static void
grant_all(void)
{
	unsigned i;

	for (i = 0; i < nquestions; i++)
		if (!questions[i].answered)
			grant(&questions[i]);
}

/* A request for a path, by as many leases as it takes. */
static enum ticket_state
asks_for(unsigned i, const char *path)
{
	path_asked = (struct http1_str){ path, strlen(path) };
	(void)ask(i, "a.test", 1, NULL);
	store_desk_look(desk);
	grant_all();
	return tickets[i].state;
}

#define PARTS	"{" SHARED "hosts: {a.test: {capacity: 100, learn: pause, " \
	"queue: {max_wait: 1h}, store: yes, pause: {max: 10s}}}}"
#define OF_BUCKET " of=the%20bucket end=3 end=5 route=GET/a"

/* A part that the host names pauses where others hear of it, too. */
START_TEST(a_part_is_paused_for_all)
{
	static const char begin[] = "a.test a.test h\n by=";
	const struct lesson l = {
		.status = 429,
		.verdict = BUDGET_THROTTLED,
		.partial = true,
		.named = true,
		.part = { 7, 9 },
		.name = "the?bucket",
		.raw = "the bucket",
		.method = { "GET", 3 },
		.path = { "/a", 2 },
		.pause = 5 * SECOND,
	};

	open_desk(PARTS);
	times_said = 0;
	ck_assert_int_eq(asks_for(0, "/a"), TICKET_HELD);
	ck_assert_uint_gt(hosts_learn(hosts, &tickets[0], &l, NOW), 0);
	store_desk_look(desk);
	grant_all();
	ck_assert_uint_eq(times_said, 1);
	ck_assert_int_eq(strncmp(said, begin, sizeof begin - 1), 0);
	ck_assert_ptr_nonnull(strstr(said, " left=5000000" OF_BUCKET));
	/* its own word is no news: it would be a longer pause */
	wait_until(now + 2 * SECOND);
	heard(owner, said, said_len);
	ck_assert_int_eq(asks_for(1, "/a"), TICKET_WAITING);
	wait_until(NOW + 5 * SECOND);
	grant_all();
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	close_desk(2);

	/* another one, whose hashes may be others */
	open_desk(PARTS);
	ck_assert_int_eq(asks_for(0, "/b"), TICKET_HELD);
	heard(owner, said, said_len);
	ck_assert_int_eq(asks_for(1, "/a"), TICKET_WAITING);
	ck_assert_int_eq(asks_for(2, "/b"), TICKET_HELD);
	wait_until(NOW + 5 * SECOND - 1);
	grant_all();
	ck_assert_int_eq(tickets[1].state, TICKET_WAITING);
	wait_until(NOW + 5 * SECOND);
	grant_all();
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	/* what was heard is not told again */
	ck_assert_uint_eq(times_said, 1);
	close_desk(3);
}
END_TEST

#define X20	"xxxxxxxxxxxxxxxxxxxx"

static const struct name_row {
	const char	*name;
	const char	*shown;
} names_of_parts[] = {
	{ "per user", "per?user" },
	{ X20 X20 X20, X20 X20 "xxxxxxx" },
	{ "\x1b[0m\xc3\xa4%20", "?[0m??%20" },
};

/* The lesson of an answer to /a that names its part. */
static struct lesson
of_answer(unsigned i, int status, const char *name)
{
	const bool refused = status == 429;
	const struct hint hint = {
		.retry_after = refused,
		.delay = 5 * SECOND,
		.throttled = refused,
		.part = { name, strlen(name) },
		.partial = refused,
		.pause = refused ? 5 * SECOND : 0,
	};
	struct client_hash hash;
	struct throttle_key key;
	struct lesson l;

	ck_assert(client_hash(hasher, "part", name, strlen(name), &hash));
	key = (struct throttle_key){ hash.a, hash.b };
	lesson_of_head(&l, &(struct lesson_answer){ .rule = tickets[i].rule,
	    .status = status, .part = &key, .method = { "GET", 3 },
	    .path = { "/a", 2 } }, &hint);
	return l;
}

/* The host says to the others what it has said here: it is the same part. */
START_TEST(a_part_by_its_name)
{
	const struct name_row *row = &names_of_parts[_i];
	struct lesson l;

	open_desk(PARTS);
	times_said = 0;
	ck_assert_int_eq(asks_for(0, "/a"), TICKET_HELD);
	l = of_answer(0, 429, row->name);
	ck_assert_uint_gt(hosts_learn(hosts, &tickets[0], &l, NOW), 0);
	store_desk_look(desk);
	grant_all();
	ck_assert_uint_eq(times_said, 1);
	close_desk(1);

	open_desk(PARTS);
	ck_assert_int_eq(asks_for(0, "/a"), TICKET_HELD);
	heard(owner, said, said_len);
	ck_assert_str_eq(throttle_named_text(tickets[0].host->throttle, 1),
	    row->shown);
	/* its answer was on the way */
	l = of_answer(0, 200, row->name);
	ck_assert_uint_eq(hosts_learn(hosts, &tickets[0], &l, NOW), 0);
	ck_assert_int_eq(asks_for(1, "/a"), TICKET_WAITING);
	wait_until(NOW + 5 * SECOND);
	grant_all();
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	close_desk(2);
}
END_TEST

START_TEST(a_part_with_a_name_too_long)
{
	char name[LESSON_PART + 1] = "";
	size_t len = LESSON_PART - 1 + (size_t)_i;
	struct lesson l;

	memset(name, 'x', len);
	open_desk(PARTS);
	times_said = 0;
	ck_assert_int_eq(asks_for(0, "/a"), TICKET_HELD);
	l = of_answer(0, 429, name);
	ck_assert_uint_gt(hosts_learn(hosts, &tickets[0], &l, NOW), 0);
	ck_assert_int_eq(asks_for(1, "/a"), TICKET_WAITING);
	ck_assert_uint_eq(times_said, _i == 0);
	ck_assert(_i != 0 || strstr(said, name) != NULL);
	close_desk(2);
}
END_TEST

static const struct word_row {
	const char	*words;
	bool		 pauses;
	uint64_t	 until;		/* ns from now */
} part_words[] = {
	{ "by=1 left=5000000" OF_BUCKET, true, 5 * SECOND },
	{ "by=1 left=5000000 newer=7" OF_BUCKET, true, 5 * SECOND },
	/* no longer than it may be here */
	{ "by=1 left=3600000000" OF_BUCKET, true, 10 * SECOND },
	{ "by=1 left=18446744073709551615" OF_BUCKET, false, 0 },
	{ "by=1 left=0" OF_BUCKET, false, 0 },
	{ "by=1 left=x" OF_BUCKET, false, 0 },
	{ "left=5000000" OF_BUCKET, false, 0 },
	{ "by=1 left=5000000 of=x", false, 0 },
	{ "by=1 left=5000000 of=x route=GET/a", false, 0 },
	{ "by=1 left=5000000 of=x end=3 end=6 route=GET/a", false, 0 },
	{ "by=1 left=5000000 end=3 end=5 route=GET/a", false, 0 },
	{ "by=1 left=5000000 word" OF_BUCKET, false, 0 },
	{ "by", false, 0 },
	{ "", false, 0 },
};

START_TEST(words_of_a_part)
{
	const struct word_row *row = &part_words[_i];
	char text[256];

	open_desk(PARTS);
	ck_assert_int_eq(asks_for(0, "/b"), TICKET_HELD);
	snprintf(text, sizeof text, "a.test a.test h\n%s", row->words);
	heard(owner, text, strlen(text));
	ck_assert_int_eq(asks_for(1, "/a"), row->pauses ? TICKET_WAITING :
	    TICKET_HELD);
	wait_until(NOW + row->until - row->pauses);
	grant_all();
	ck_assert(tickets[1].state == TICKET_HELD || row->pauses);
	wait_until(NOW + row->until);
	grant_all();
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	close_desk(2);
}
END_TEST

/* Of so many bytes, as anybody may publish. */
START_TEST(too_many_words)
{
	static char text[20000] = "a.test a.test h\n";
	size_t len = strlen(text);

	open_desk(PARTS);
	ck_assert_int_eq(asks_for(0, "/b"), TICKET_HELD);
	memset(text + len, ' ', sizeof text - len - 1);
	memcpy(text + len, "by=1 left=5000000" OF_BUCKET,
	    strlen("by=1 left=5000000" OF_BUCKET));
	heard(owner, text, sizeof text - 1);
	ck_assert_int_eq(asks_for(1, "/a"), TICKET_HELD);
	heard(owner, text, 100);
	ck_assert_int_eq(asks_for(2, "/a"), TICKET_WAITING);
	close_desk(3);
}
END_TEST

#define OF(text)	"{" SHARED "hosts: {a.test: {store: yes, queue: " \
	"{max_wait: 1h}, " text "}}}"

/* Slots, all that it wants; and a pass, while nothing is learned. */
static void
lend(struct question *q)
{
	answer_with(q, &(struct store_answer){ .ok = true, .sent = now,
	    .received = now, .slots = { .now = SECOND, .number = q->number,
	    .slots = 3, .keeps = 3, .ends = 4 * SECOND }, .learn = {
	    .now = SECOND, .free = true, .ends = 2 * SECOND } });
}

/* A host refuses: who learns its limits tells that with those, or as a pause. */
START_TEST(what_is_learned_is_no_pause)
{
	const struct lesson l = { .status = 429, .verdict = BUDGET_THROTTLED,
		.pause = 5 * SECOND };
	unsigned i, first;
	bool paused = false;

	open_desk(_i == 0 ? OF("learn: pause, concurrency: 3") :
	    OF("learn: estimate, concurrency: 3"));
	(void)ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	for (i = 0; i < nquestions; i++)
		lend(&questions[i]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	first = nquestions;
	ck_assert_uint_gt(hosts_learn(hosts, &tickets[0], &l, now), 0);
	leave(0, false);
	store_desk_look(desk);
	wait_until(now + SECOND);
	ck_assert_uint_gt(nquestions, first);
	for (i = first; i < nquestions; i++)
		paused = paused || questions[i].told.pause != 0;
	ck_assert(paused == (_i == 0));
	close_desk(0);
}
END_TEST

static const struct order_row {
	const char	*yaml;
	enum hosts_done	(*fn)(struct hosts *, const char *,
			    const struct hosts_order *, struct hosts_change *);
	bool		 renews;
} orders[] = {
	{ OF("capacity: 10, learn: pause"), hosts_resume, false },
	{ OF("concurrency: 3, learn: pause"), hosts_resume, false },
	{ OF("learn: estimate"), hosts_resume, false },
	{ OF("learn: estimate"), hosts_forget, true },
	{ OF("learn: estimate, concurrency: 3"), hosts_forget, true },
};

/* Where nobody has asked for the host, others that share it are to hear it. */
START_TEST(an_order_for_others)
{
	const struct order_row *row = &orders[_i];
	const struct hosts_order order = { .loop = &loop, .now = NOW,
		.by = "me", .reason = "" };
	struct hosts_change change;
	const struct question *q;
	bool learns = strstr(row->yaml, "estimate") != NULL, told = false;
	unsigned i;

	open_desk(row->yaml);
	ck_assert_int_eq(row->fn(hosts, "a.test", &order, &change),
	    HOSTS_DONE);
	ck_assert_uint_eq(rings, 1);
	wait_until(NOW + SECOND);
	store_desk_look(desk);
	for (i = 0; i < nquestions; i++) {
		q = &questions[i];
		ck_assert_str_eq(q->name, "a.test a.test h");
		if (q->learn.holder != 0)
			ck_assert(q->learn.renews == row->renews);
		told = told || q->learn.orders == SECOND;
		ck_assert(q->learn.orders + q->told.orders == SECOND);
	}
	ck_assert(told == learns);
	ck_assert_uint_eq(nquestions, strstr(row->yaml, "con") != NULL &&
	    learns ? 2 : 1);
	for (i = 0; i < nquestions; i++)
		answer_with(&questions[i], &(struct store_answer){ .ok = true,
		    .sent = now, .received = now, .lease = { .now = SECOND,
		    .ordered = SECOND }, .slots = { .now = SECOND,
		    .ordered = SECOND, .number = 1 }, .learn = {
		    .now = SECOND, .ordered = SECOND } });
	/* once */
	i = nquestions;
	wait_until(now + 3 * SECOND);
	store_desk_look(desk);
	ck_assert_uint_eq(nquestions, i);
	close_desk(0);
}
END_TEST

static bool
was_ordered(void)
{
	unsigned i;

	for (i = 0; i < nquestions; i++)
		if (questions[i].learn.orders + questions[i].told.orders > 0)
			return true;
	return false;
}

static bool
is_there(const char *key)
{
	hosts_sweep(hosts, 10, now);
	return hosts_find(hosts, key, strlen(key)) != NULL;
}

/* It is kept until the store has it. */
START_TEST(an_order_without_the_store)
{
	const struct order_row *row = &orders[_i];
	const struct hosts_order order = { .loop = &loop, .now = NOW,
		.by = "me", .reason = "" };
	struct hosts_change change;
	unsigned i;

	open_desk(row->yaml);
	events->lost(owner, "gone");
	ck_assert_int_eq(row->fn(hosts, "a.test", &order, &change),
	    HOSTS_DONE);
	ck_assert(is_there("a.test"));
	store_desk_look(desk);
	ck_assert_uint_eq(nquestions, 0);
	ck_assert(is_there("a.test"));
	wait_until(now + 3600 * SECOND);
	ck_assert(is_there("a.test"));
	events->connected(owner);
	ck_assert(was_ordered());
	ck_assert(is_there("a.test"));
	for (i = 0; i < nquestions; i++)
		answer_with(&questions[i], &(struct store_answer){ .ok = true,
		    .sent = now, .received = now, .lease = { .now = SECOND,
		    .ordered = SECOND }, .slots = { .now = SECOND,
		    .ordered = SECOND, .number = 1 }, .learn = {
		    .now = SECOND, .ordered = SECOND } });
	ck_assert(!is_there("a.test"));
	close_desk(0);
}
END_TEST

/* Nobody hears of a pause behind the order that has ended it. */
START_TEST(a_part_that_is_resumed)
{
	const struct hosts_order order = { .loop = &loop, .now = NOW,
		.by = "me", .reason = "" };
	struct hosts_change change;
	struct lesson l;

	open_desk(PARTS);
	times_said = 0;
	ck_assert_int_eq(asks_for(0, "/a"), TICKET_HELD);
	l = of_answer(0, 429, "bucket");
	ck_assert_uint_gt(hosts_learn(hosts, &tickets[0], &l, NOW), 0);
	ck_assert_int_eq((_i == 0 ? hosts_resume : hosts_forget)(hosts,
	    "a.test", &order, &change), HOSTS_DONE);
	store_desk_look(desk);
	grant_all();
	ck_assert_uint_eq(times_said, 0);
	ck_assert_int_eq(asks_for(1, "/a"), TICKET_HELD);
	close_desk(2);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store_desk_told");
	TCase *tcase = tcase_create("told");

	tcase_add_test(tcase, others_have_paused);
	tcase_add_test(tcase, a_part_is_paused_for_all);
	ROWS(tcase, a_part_by_its_name, names_of_parts);
	tcase_add_loop_test(tcase, a_part_with_a_name_too_long, 0, 2);
	ROWS(tcase, words_of_a_part, part_words);
	tcase_add_test(tcase, too_many_words);
	tcase_add_loop_test(tcase, what_is_learned_is_no_pause, 0, 2);
	ROWS(tcase, an_order_for_others, orders);
	ROWS(tcase, an_order_without_the_store, orders);
	tcase_add_loop_test(tcase, a_part_that_is_resumed, 0, 2);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
