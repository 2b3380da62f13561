/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_away.h"

#include "hosts/hosts_control.h"
#include "hosts/hosts_learn.h"
#include "hosts/hosts_queue.h"

#include "check_hosts_away.h"
#include "check_run.h"

/*
 * What the requests of a process that another one has taken over from want
 * there: parts of their host, named budgets, a throttle of their credential;
 * and what of it they give back.
 */

#define U	THROTTLE_UNIT

/* Has the other one decide from now on, and tells it of all that there is. */
static void
hand_over(void)
{
	ck_assert(hosts_away_begin(hosts, ring_cb, &rung));
	(void)carry_there(NOW);
}

/* Asks, and what the other one says of it. */
static enum ticket_state
ask_there(unsigned i, const char *path)
{
	ck_assert_int_eq(ask_path(i, path), HOSTS_WAIT);
	(void)carry_there(NOW);
	(void)carry_back(NOW);
	return state(i);
}

static void
leave_all(unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		leave(i, false);
	(void)carry_there(NOW);
}

/* How much is left of a rate there, in requests. */
static int64_t
left_of(const char *key, unsigned rate)
{
	return view_of(next, key).throttle.host.rates[rate].left / (int64_t)U;
}

#define HOLD	"queue: {max_wait: 1h}"
#define PARTS	"{hosts: {a.test: {" HOLD ", paths: {/a: {concurrency: 1}, " \
		"'/a/*': {concurrency: 2}, /b: {concurrency: 1}}}}}"
/* the same, in another order, and one less */
#define OTHERS	"{hosts: {a.test: {" HOLD ", paths: {/b: {concurrency: 1}, " \
		"/a: {concurrency: 1}}}}}"

/* A slot of a part is that part's there, whichever number it has. */
START_TEST(parts_are_told_by_name)
{
	begin(PARTS, OTHERS);
	ck_assert_int_eq(ask_path(0, "/a"), HOSTS_GO);
	ck_assert_int_eq(ask_path(1, "/a/x"), HOSTS_GO);
	hand_over();
	ck_assert_int_eq(ask_there(2, "/a"), TICKET_WAITING);
	ck_assert_int_eq(ask_there(3, "/b"), TICKET_HELD);
	/* the other one has no such part */
	ck_assert_int_eq(ask_there(4, "/a/x"), TICKET_HELD);
	ck_assert_int_eq(ask_there(5, "/a/x"), TICKET_HELD);
	leave(0, false);
	(void)carry_there(NOW);
	deliver();
	(void)carry_back(NOW);
	ck_assert_int_eq(state(2), TICKET_HELD);
	leave_all(6);
	ck_assert_uint_eq(view_of(next, "a.test").throttle.host.inflight, 0);
	finish();
}
END_TEST

#define READINGS "{hosts: {a.test: {" HOLD ", paths: {'/*': " \
		"{concurrency: 2}, /a/b: {concurrency: 1}}}}}"

/* A path that can be read in two ways is in both parts there. */
START_TEST(one_is_in_several_parts)
{
	begin(READINGS, READINGS);
	ck_assert_int_eq(ask_path(0, "/a%2Fb"), HOSTS_GO);
	hand_over();
	ck_assert_int_eq(ask_there(1, "/a/b"), TICKET_WAITING);
	ck_assert_int_eq(ask_there(2, "/else"), TICKET_HELD);
	ck_assert_int_eq(ask_there(3, "/else"), TICKET_WAITING);
	leave_all(4);
	finish();
}
END_TEST

/* Named budgets */

#define TOKENS	"budgets: {tokens: {rates: [{capacity: 100, period: 1h}]}}"
#define WANTS	"{hosts: {a.test: {" HOLD ", " TOKENS "}}}"

static struct throttle_wants *wanted[4];

/* Request i wants so many tokens. */
static void
want(unsigned i, uint64_t tokens)
{
	wanted[i] = calloc(1, sizeof *wanted[i] +
	    sizeof wanted[i]->amounts[0]);
	ck_assert_ptr_nonnull(wanted[i]);
	wanted[i]->n = 1;
	wanted[i]->amounts[0].name = "tokens";
	wanted[i]->amounts[0].amount = tokens * U;
	wants_asked = wanted[i];
}

static void
want_no_more(unsigned n)
{
	leave_all(n);
	while (n-- > 0)
		free(wanted[n]);
}

static int64_t
tokens_left(void)
{
	struct host_view v = view_of(next, "a.test");

	ck_assert_uint_eq(v.nmetered, 1);
	return v.metered[0].rate.left / (int64_t)U;
}

/* What one wants of a named budget is taken of the other one's. */
START_TEST(named_budgets_are_taken_there)
{
	begin(WANTS, WANTS);
	hand_over();
	want(0, 60);
	ck_assert_int_eq(ask_there(0, "/"), TICKET_HELD);
	ck_assert_int_eq(tokens_left(), 40);
	want(1, 50);
	ck_assert_int_eq(ask_there(1, "/"), TICKET_WAITING);
	want_no_more(2);
	/* what nobody has settled stands */
	ck_assert_int_eq(tokens_left(), 40);
	finish();
}
END_TEST

/* What one has really used is known there when it ends. */
START_TEST(named_budgets_are_settled)
{
	static const uint64_t used[] = { 10 * U };

	begin(WANTS, WANTS);
	hand_over();
	want(0, 60);
	ck_assert_int_eq(ask_there(0, "/"), TICKET_HELD);
	want(1, 50);
	ck_assert_int_eq(ask_there(1, "/"), TICKET_WAITING);
	tickets[0].used = used;
	leave(0, false);
	(void)carry_there(NOW);
	deliver();
	(void)carry_back(NOW);
	ck_assert_int_eq(state(1), TICKET_HELD);
	ck_assert_int_eq(tokens_left(), 40);
	want_no_more(2);
	finish();
}
END_TEST

/* Of one that wants nothing there is nothing to settle, nor of two others. */
START_TEST(settling_is_of_what_was_wanted)
{
	char line[] = "settle number=1 want=tokens amount=1 want=points "
	    "amount=1";
	char none[] = "settle number=1";

	begin(WANTS, WANTS);
	hand_over();
	want(0, 60);
	ck_assert_int_eq(ask_there(0, "/"), TICKET_HELD);
	ck_assert(hosts_guests_line(guests, line, NOW));
	ck_assert(hosts_guests_line(guests, none, NOW));
	want_no_more(1);
	ck_assert_int_eq(tokens_left(), 40);
	finish();
}
END_TEST

/* Credentials */

#define PER	"{hosts: {a.test: {concurrency: 1, per: X, " HOLD "}}}"
#define ALL	"{hosts: {a.test: {concurrency: 1, " HOLD "}}}"

static enum ticket_state
ask_as(unsigned i, const char *credential)
{
	ck_assert_int_eq(ask(i, "a.test", 1, credential), HOSTS_WAIT);
	(void)carry_there(NOW);
	(void)carry_back(NOW);
	return state(i);
}

/* Each credential has its own throttle there. */
START_TEST(credentials_are_told_apart)
{
	begin(PER, PER);
	ck_assert_int_eq(ask(0, "a.test", 1, "one"), HOSTS_GO);
	hand_over();
	ck_assert_int_eq(ask_as(1, "one"), TICKET_WAITING);
	ck_assert_int_eq(ask_as(2, "two"), TICKET_HELD);
	ck_assert_int_eq(ask_as(3, "two"), TICKET_WAITING);
	ck_assert_uint_eq(hosts_view_count(next), 2);
	leave_all(4);
	finish();
}
END_TEST

/* ... and where they are not, all have one. */
START_TEST(credentials_are_one_there)
{
	begin(PER, ALL);
	ck_assert_int_eq(ask(0, "a.test", 1, "one"), HOSTS_GO);
	hand_over();
	ck_assert_int_eq(ask_as(1, "two"), TICKET_WAITING);
	ck_assert_uint_eq(hosts_view_count(next), 1);
	leave_all(2);
	finish();
}
END_TEST

/* Who waits */

#define ONE	"{hosts: {a.test: {concurrency: 1, " HOLD "}}}"

/* As it was here: whose they are, and since when they wait. */
START_TEST(who_waits_is_told)
{
	static const char text[] = "GET /p?secret=1 HTTP/1.1\r\n\r\n";
	const struct ticket_shown shown = { .head = text,
	    .len = sizeof text - 1, .method_len = 3 };
	struct hosts_waiter list[2];
	struct hosts_user users[3];
	size_t all, several;

	begin(ONE, ONE);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "a.test", 2, NULL), HOSTS_WAIT);
	hosts_show(hosts, &tickets[1], &shown);
	ck_assert(hosts_away_begin(hosts, ring_cb, &rung));
	(void)carry_there(NOW + 4 * SECOND);
	ck_assert_uint_eq(hosts_view_queue(next, "a.test", NOW + 4 * SECOND,
	    list, 2, &all, &several), 1);
	ck_assert_str_eq(list[0].said.client, "10.0.0.2");
	ck_assert_str_eq(list[0].said.method, "GET");
	ck_assert_str_eq(list[0].said.path, "/p");
	ck_assert_uint_eq(list[0].waiter.since, NOW);
	ck_assert_uint_eq(view_of(next, "a.test").throttle.oldest, NOW);
	ck_assert_uint_eq(hosts_view_users(next, "a.test", users, 3), 2);
	ck_assert_str_ne(users[0].client, users[1].client);
	ck_assert_uint_eq(strspn(users[0].client, "10.2"), 8);
	ck_assert_uint_eq(strspn(users[1].client, "10.2"), 8);
	leave_all(2);
	finish();
}
END_TEST

#define BY_X	"{hosts: {a.test: {concurrency: 1, fair_by: 'header:X', " \
	HOLD "}}}"

/* ... and of who asks here only then, whose head does not go out yet. */
START_TEST(who_asks_later_is_told)
{
	static const struct {
		const char	*path, *x, *client, *said;
	} rows[] = {
		{ "/p?secret=1", "me", "me", "/p" },
		{ "?secret=1", "me", "me", "/" },
		{ "", "me", "me", "/" },
		{ "/p", NULL, "10.0.0.2", "/p" },
	};
	struct hosts_waiter list[2];
	size_t all, several;

	begin(BY_X, BY_X);
	ck_assert_int_eq(ask(0, "a.test", 1, "one"), HOSTS_GO);
	hand_over();
	path_asked = (struct http1_str){ rows[_i].path,
	    strlen(rows[_i].path) };
	ck_assert_int_eq(ask(1, "a.test", 2, rows[_i].x), HOSTS_WAIT);
	path_asked = (struct http1_str){ NULL, 0 };
	/* it points to nothing that the next request changes */
	ck_assert_ptr_null(tickets[1].shown.head);
	(void)carry_there(NOW);
	ck_assert_uint_eq(hosts_view_queue(next, "a.test", NOW, list, 2, &all,
	    &several), 1);
	ck_assert_str_eq(list[0].said.client, rows[_i].client);
	ck_assert_str_eq(list[0].said.method, "GET");
	ck_assert_str_eq(list[0].said.path, rows[_i].said);
	leave_all(2);
	finish();
}
END_TEST

/* An older release says neither; then it is nobody else. */
START_TEST(who_waits_is_not_told)
{
	struct hosts_waiter list[2];
	size_t all, several;
	char line[256];

	begin(ONE, ONE);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	hand_over();
	snprintf(line, sizeof line, "ask number=100 host=a.test kind=%d "
	    "weight=65536 cost=1000000 client=1 deadline=%llu", HTTP1_NAME,
	    10000 * SECOND);
	ck_assert(hosts_guests_line(guests, line, NOW));
	ck_assert_uint_eq(hosts_view_queue(next, "a.test", NOW, list, 2, &all,
	    &several), 1);
	ck_assert_str_eq(list[0].said.client, "the process before");
	ck_assert_str_eq(list[0].said.method, "");
	ck_assert_str_eq(list[0].said.path, "");
	ck_assert_uint_eq(list[0].waiter.since, NOW);
	leave_all(1);
	finish();
}
END_TEST

/* The second of two throttles, which are one there, has the oldest. */
START_TEST(the_oldest_is_told)
{
	begin(PER, ALL);
	ck_assert_int_eq(ask(0, "a.test", 1, "one"), HOSTS_GO);
	ck_assert_int_eq(ask(1, "a.test", 1, "one"), HOSTS_WAIT);
	ck_assert_int_eq(ask(2, "a.test", 1, "two"), HOSTS_GO);
	ck_assert_int_eq(ask(3, "a.test", 1, "two"), HOSTS_WAIT);
	tickets[3].waiter.since = NOW - SECOND;
	hand_over();
	ck_assert_uint_eq(view_of(next, "a.test").throttle.waiting, 2);
	ck_assert_uint_eq(view_of(next, "a.test").throttle.oldest,
	    NOW - SECOND);
	leave_all(4);
	finish();
}
END_TEST

/* What is given back */

#define PACED	"{hosts: {a.test: {capacity: 10, period: 1h, concurrency: 1, " \
		HOLD "}}}"

/* What came to nothing has its cost back there, and what was sent has not. */
START_TEST(refunds_are_made_there)
{
	begin(PACED, PACED);
	hand_over();
	ck_assert_int_eq(ask_there(0, "/"), TICKET_HELD);
	ck_assert_int_eq(left_of("a.test", 0), 9);
	hosts_refund(hosts, &tickets[0], NULL, NOW);
	ck_assert_uint_eq(carry_there(NOW), 1);
	ck_assert_int_eq(left_of("a.test", 0), 10);
	ck_assert_int_eq(ask_there(1, "/"), TICKET_HELD);
	leave_all(2);
	ck_assert_int_eq(left_of("a.test", 0), 9);
	finish();
}
END_TEST

/* A slot that is given back early is the next one's there. */
START_TEST(slots_are_given_back_early)
{
	begin(PACED, PACED);
	hand_over();
	ck_assert_int_eq(ask_there(0, "/"), TICKET_HELD);
	ck_assert_int_eq(ask_there(1, "/"), TICKET_WAITING);
	hosts_release_slot(hosts, &tickets[0], NOW);
	ck_assert_uint_eq(carry_there(NOW), 1);
	deliver();
	(void)carry_back(NOW);
	ck_assert_int_eq(state(1), TICKET_HELD);
	/* it has one slot, which it has given back: its end frees none */
	leave(0, false);
	(void)carry_there(NOW);
	ck_assert_uint_eq(view_of(next, "a.test").throttle.host.inflight, 1);
	leave_all(2);
	finish();
}
END_TEST

/* ... and one that was given back before is not taken there. */
START_TEST(slots_were_given_back_before)
{
	begin(PACED, PACED);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	hosts_release_slot(hosts, &tickets[0], NOW);
	hand_over();
	ck_assert_uint_eq(view_of(next, "a.test").throttle.host.inflight, 0);
	ck_assert_int_eq(ask_there(1, "/"), TICKET_HELD);
	leave_all(2);
	finish();
}
END_TEST

#define STRICT	"{hosts: {a.test: {capacity: 1, period: 10s, strict: true, " \
		HOLD "}}}"

/* What counts exactly hears there of what was sent here, before and after. */
START_TEST(what_is_sent_is_told)
{
	begin(STRICT, STRICT);
	hand_over();
	ck_assert_int_eq(ask_there(0, "/"), TICKET_HELD);
	ck_assert(tickets[0].strict);
	hosts_connected(hosts, &tickets[0], SECOND);
	ck_assert_uint_eq(carry_there(NOW), 1);
	hosts_sent(hosts, &tickets[0], NOW + 2 * SECOND);
	ck_assert_uint_eq(carry_there(NOW + 2 * SECOND), 1);
	ck_assert_int_eq(ask_path(1, "/"), HOSTS_WAIT);
	leave(0, false);
	(void)carry_there(NOW + 2 * SECOND);
	/* ten seconds from when it was admitted would be too early */
	hosts_admit_all(next, &loop, NOW + 11 * SECOND);
	deliver();
	(void)carry_back(NOW + 11 * SECOND);
	ck_assert_int_eq(state(1), TICKET_WAITING);
	hosts_admit_all(next, &loop, NOW + 30 * SECOND);
	deliver();
	(void)carry_back(NOW + 30 * SECOND);
	ck_assert_int_eq(state(1), TICKET_HELD);
	leave_all(2);
	finish();
}
END_TEST

/* What an answer says that its host allows, and has left, is learned there. */
START_TEST(limits_that_are_told_are_learned)
{
	static const char guesses[] =
	    "{hosts: {a.test: {learn: estimate, " HOLD "}}}";
	struct lesson l = {
		.status = 200,
		.verdict = BUDGET_SUCCESS,
		.source = "headers",
		.allowed = { 7, 10 * SECOND, 0, false },
		.room = { 7, 0, 9 * SECOND, false, false },
	};

	begin(guesses, guesses);
	hand_over();
	ck_assert_int_eq(ask_there(0, "/"), TICKET_HELD);
	(void)hosts_learn(hosts, &tickets[0], &l, NOW);
	ck_assert_uint_eq(carry_there(NOW), 1);
	/* nothing is left: nobody goes before there is something again */
	ck_assert_int_eq(ask_there(1, "/"), TICKET_WAITING);
	hosts_admit_all(next, &loop, NOW + 8 * SECOND);
	deliver();
	(void)carry_back(NOW);
	ck_assert_int_eq(state(1), TICKET_WAITING);
	hosts_admit_all(next, &loop, NOW + 12 * SECOND);
	deliver();
	(void)carry_back(NOW);
	ck_assert_int_eq(state(1), TICKET_HELD);
	leave_all(2);
	finish();
}
END_TEST

/* Refusals */

#define SHORT	"{hosts: {a.test: {concurrency: 1, queue: {length: 2, " \
		"max_wait: 1h}}}}"

/* Whoever waits there may have to make room for others; it is told here. */
START_TEST(who_waits_makes_room)
{
	static const unsigned owners[] = { 1, 1, 1, 2 };
	struct text t = { NULL, 0, 0, false };
	char line[192], refused[32];
	unsigned i;

	begin(SHORT, SHORT);
	for (i = 0; i < 4; i++) {
		snprintf(line, sizeof line, "ask number=%u host=a.test kind=%d "
		    "weight=65536 cost=1000000 client=%u owner=%u "
		    "deadline=%llu", i + 1, HTTP1_NAME, owners[i], owners[i],
		    10000 * SECOND);
		ck_assert(hosts_guests_line(guests, line, NOW));
	}
	deliver();
	hosts_guests_take(guests, &t);
	text_put(&t, "", 1);
	snprintf(refused, sizeof refused, "go number=1\nno number=3 why=%d\n",
	    HOSTS_YIELDED);
	ck_assert_str_eq(t.p, refused);
	text_free(&t);
	finish();
}
END_TEST

/* Newcomers are refused where an operator drains the host, and nobody else. */
START_TEST(the_other_one_drains)
{
	struct hosts_order order = { .loop = &loop, .now = NOW, .by = "root",
		.reason = "a test" };
	struct hosts_change change;

	begin(SHORT, SHORT);
	hand_over();
	ck_assert_int_eq(ask_there(0, "/"), TICKET_HELD);
	ck_assert_int_eq(ask_there(1, "/"), TICKET_WAITING);
	ck_assert_int_eq(hosts_drain(next, "a.test", &order, &change),
	    HOSTS_DONE);
	ck_assert_int_eq(ask_there(2, "/"), TICKET_IDLE);
	ck_assert_int_eq(tickets[2].refusal, HOSTS_DRAINED);
	ck_assert_int_eq(state(1), TICKET_WAITING);
	leave_all(3);
	finish();
}
END_TEST

/* One that its host has refused comes back, if it can go in time there. */
START_TEST(who_comes_again_may_be_too_late)
{
	struct lesson l = { .status = 429, .verdict = BUDGET_THROTTLED,
		.pause = SECOND };

	begin("{hosts: {a.test: {capacity: 5, period: 1s, queue: {max_wait: "
	    "5s}}}}", "{hosts: {a.test: {capacity: 1, period: 1h, queue: "
	    "{max_wait: 5s}}}}");
	hand_over();
	ck_assert_int_eq(ask_there(0, "/"), TICKET_HELD);
	(void)hosts_learn(hosts, &tickets[0], &l, NOW);
	ck_assert_int_eq(hosts_return(hosts, &tickets[0], NOW), HOSTS_WAIT);
	(void)carry_there(NOW);
	ck_assert_uint_eq(carry_back(NOW), 1);
	ck_assert_int_eq(state(0), TICKET_IDLE);
	ck_assert_int_eq(tickets[0].refusal, HOSTS_LATE);
	leave_all(1);
	finish();
}
END_TEST

/* The other one's table may be full. */
START_TEST(there_is_no_room)
{
	static const char one[] = "{limits: {hosts: 1}}";

	begin("{limits: {hosts: 2}}", one);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	hand_over();
	ck_assert_int_eq(ask(1, "b.test", 2, NULL), HOSTS_WAIT);
	(void)carry_there(NOW);
	ck_assert_uint_eq(carry_back(NOW), 1);
	ck_assert_int_eq(state(1), TICKET_IDLE);
	ck_assert_int_eq(tickets[1].refusal, HOSTS_NO_ROOM);
	leave_all(2);
	finish();
}
END_TEST

/* Nobody is half there for want of memory, on either side. */
START_TEST(there_is_no_memory)
{
	char line[256];
	unsigned n;
	bool taken = false;

	begin(WANTS, WANTS);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	for (n = 1; !taken; n++) {
		ck_assert_uint_lt(n, 100);
		check_alloc = n;
		taken = hosts_away_begin(hosts, ring_cb, &rung);
		check_alloc = 0;
	}
	ck_assert_uint_gt(n, 2);
	(void)carry_there(NOW);
	for (n = 1, taken = false; !taken; n++) {
		ck_assert_uint_lt(n, 100);
		fail_at = n;
		taken = ask(1, "a.test", 1, NULL) == HOSTS_WAIT;
		leave(1, false);
	}
	fail_at = 0;
	ck_assert_uint_gt(n, 2);
	(void)carry_there(NOW);
	(void)carry_back(NOW);
	for (n = 1, taken = false; !taken; n++) {
		ck_assert_uint_lt(n, 100);
		snprintf(line, sizeof line, "ask number=%u host=a.test kind=%d "
		    "weight=65536 cost=1000000 client=1 deadline=%llu "
		    "want=tokens amount=1000000", 100 + n, HTTP1_NAME,
		    10000 * SECOND);
		check_alloc = n;
		taken = hosts_guests_line(guests, line, NOW);
		check_alloc = 0;
	}
	ck_assert_uint_gt(n, 2);
	ck_assert_uint_eq(view_of(next, "a.test").throttle.host.inflight, 2);
	leave_all(1);
	finish();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hosts_away_claims");
	TCase *tc = tcase_create("hosts_away_claims");

	tcase_add_test(tc, parts_are_told_by_name);
	tcase_add_test(tc, one_is_in_several_parts);
	tcase_add_test(tc, named_budgets_are_taken_there);
	tcase_add_test(tc, named_budgets_are_settled);
	tcase_add_test(tc, settling_is_of_what_was_wanted);
	tcase_add_test(tc, credentials_are_told_apart);
	tcase_add_test(tc, credentials_are_one_there);
	tcase_add_test(tc, who_waits_is_told);
	tcase_add_loop_test(tc, who_asks_later_is_told, 0, 4);
	tcase_add_test(tc, who_waits_is_not_told);
	tcase_add_test(tc, the_oldest_is_told);
	tcase_add_test(tc, refunds_are_made_there);
	tcase_add_test(tc, slots_are_given_back_early);
	tcase_add_test(tc, slots_were_given_back_before);
	tcase_add_test(tc, what_is_sent_is_told);
	tcase_add_test(tc, limits_that_are_told_are_learned);
	tcase_add_test(tc, who_waits_makes_room);
	tcase_add_test(tc, the_other_one_drains);
	tcase_add_test(tc, who_comes_again_may_be_too_late);
	tcase_add_test(tc, there_is_no_room);
	tcase_add_test(tc, there_is_no_memory);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
