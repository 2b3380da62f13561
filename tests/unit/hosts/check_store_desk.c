/* SPDX-License-Identifier: ISC */
#include "check_store_desk.h"

/* Who wants leases, what the store is asked, and what becomes of answers. */

START_TEST(one_who_waits)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_WAIT);
	ck_assert_uint_eq(rings, 1);
	ck_assert_uint_eq(nquestions, 0);
	store_desk_look(desk);
	ck_assert_uint_eq(nquestions, 1);
	ck_assert_str_eq(questions[0].name, "a.test a.test h");
	ck_assert_uint_eq(questions[0].ask.first, BUDGET_UNIT);
	ck_assert_uint_eq(questions[0].limits.rates[0].capacity,
	    10 * BUDGET_UNIT);
	/* who comes now waits for the same answer */
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_WAIT);
	ck_assert_uint_eq(rings, 1);
	store_desk_look(desk);
	ck_assert_uint_eq(nquestions, 1);
	grant(&questions[0]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	ck_assert(tickets[0].mail.posted);
	ck_assert_int_eq(tickets[1].state, TICKET_WAITING);
	wait_until(now + 1);
	ck_assert_uint_eq(nquestions, 2);
	ck_assert_uint_eq(questions[0].ask.holder, questions[1].ask.holder);
	grant(&questions[1]);
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	close_desk(2);
}
END_TEST

START_TEST(who_shares_nothing_is_not_asked_for)
{
	open_desk("{" SHARED "hosts: {a.test: {capacity: 10}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	store_desk_look(desk);
	ck_assert_uint_eq(rings + nquestions, 0);
	close_desk(1);
}
END_TEST

static bool
was_asked(const char *begin, const char *end)
{
	const char *name;
	unsigned i;

	for (i = 0; i < nquestions; i++) {
		name = questions[i].name;
		if (strncmp(name, begin, strlen(begin)) == 0 &&
		    strlen(name) > strlen(end) && strcmp(name + strlen(name) -
		    strlen(end), end) == 0)
			return true;
	}
	return false;
}

/* Each budget of a host by a name of its own; a total without a credential. */
START_TEST(all_its_budgets)
{
	open_desk("{" SHARED "hosts: {\"*.test\": " RATE ", per: header:X, "
	    "per_total: {capacity: 20}, paths: {/: {capacity: 5}}}}}");
	head.path = (struct http1_str){ "/", 1 };
	ck_assert_int_eq(ask(0, "a.test", 1, "mine"), HOSTS_WAIT);
	store_desk_look(desk);
	ck_assert_uint_ge(nquestions, 2);
	ck_assert(was_asked("*.test a.test ", " h"));
	ck_assert(was_asked("*.test a.test t", " t"));
	ck_assert(!was_asked("*.test a.test h", ""));
	close_desk(1);
}
END_TEST

#define TOTAL	"{" SHARED "hosts: {a.test: " RATE ", per: header:X, " \
	"per_total: {capacity: 10, burst: 5}}}}"

/* By one proxy. */
START_TEST(a_total_is_held_once)
{
	struct question *q;
	unsigned i;

	open_desk(TOTAL);
	hear_proxies(1);
	for (i = 0; i < 3; i++) {
		ask(i, "a.test", 1, (const char *[]){ "a", "b", "c" }[i]);
		store_desk_look(desk);
		ck_assert_uint_eq(nquestions, 2 * i + 2);
		q = &questions[2 * i + 1];
		ck_assert_str_eq(q->name, "a.test a.test t");
		ck_assert_uint_eq(q->ask.holder, questions[1].ask.holder);
		grant(&questions[2 * i]);
		grant(q);
		ck_assert_int_eq(tickets[i].state, TICKET_HELD);
	}
	ck_assert_uint_eq(atomic_load(&stats_process.store_peers), 1);
	close_desk(3);
}
END_TEST

/* While one has to wait the other one, which would melt, is not asked for. */
START_TEST(leases_that_are_needed_together)
{
	open_desk(TOTAL);
	ask(0, "a.test", 1, "a");
	store_desk_look(desk);
	ck_assert_uint_eq(nquestions, 2);
	/* it lasts */
	ck_assert_uint_gt(questions[1].ask.demand, questions[1].ask.first);
	answer_with(&questions[0], &(struct store_answer){ .ok = true, .sent =
	    now, .received = now, .lease = { 0, .again_at = 1500 * MS } });
	grant(&questions[1]);
	while (nquestions == 2)
		wait_until(now + MS);
	ck_assert_uint_eq(now, NOW + 1500 * MS);
	ck_assert_uint_eq(nquestions, 4);
	close_desk(1);
}
END_TEST

START_TEST(an_answer_that_does_not_come)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	answer_with(&questions[0], &(struct store_answer){ .why = "late",
	    .sent = now, .received = now });
	ck_assert_int_eq(tickets[0].state, TICKET_WAITING);
	wait_until(now + 99 * MS);
	ck_assert_uint_eq(nquestions, 1);
	wait_until(now + 1 * MS);
	ck_assert_uint_eq(nquestions, 2);
	grant(&questions[1]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	close_desk(1);
}
END_TEST

/* Nor does one without a lease, and with no time, have it ask at once. */
START_TEST(an_answer_that_says_nothing)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	answer_with(&questions[0], &(struct store_answer){ .ok = true,
	    .sent = now, .received = now, .lease = { .now = SECOND } });
	wait_until(now + 99 * MS);
	ck_assert_uint_eq(nquestions, 1);
	wait_until(now + 1 * MS);
	ck_assert_uint_eq(nquestions, 2);
	grant(&questions[1]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	close_desk(1);
}
END_TEST

/* One that cannot even be asked is asked again. */
START_TEST(a_question_that_does_not_go)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	refuses = true;
	ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	ck_assert_uint_eq(nquestions, 0);
	refuses = false;
	wait_until(now + 100 * MS);
	ck_assert_uint_eq(nquestions, 1);
	grant(&questions[0]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	close_desk(1);
}
END_TEST

START_TEST(the_store_goes_and_comes)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE ", without_store: hold}, "
	    "b.test: " RATE ", without_store: open}, c.test: " RATE "}}}");
	ask(0, "a.test", 1, NULL);
	ask(1, "b.test", 1, NULL);
	ask(2, "c.test", 1, NULL);
	store_desk_look(desk);
	ck_assert_uint_eq(nquestions, 3);
	events->lost(owner, "gone");
	ck_assert_uint_eq(warnings, 1);
	events->lost(owner, "still gone");
	ck_assert_uint_eq(warnings, 1);
	ck_assert_int_eq(tickets[0].state, TICKET_WAITING);
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	/* how many share it was never heard */
	ck_assert_int_eq(tickets[2].state, TICKET_WAITING);
	/* what comes late is nobody's */
	grant(&questions[0]);
	ck_assert_int_eq(tickets[0].state, TICKET_WAITING);
	wait_until(now + 10 * SECOND);
	ck_assert_uint_eq(nquestions, 3);
	events->connected(owner);
	ck_assert_uint_eq(nquestions, 6);
	/* the open one has spent, and says so */
	ck_assert(was_asked("b.test", "h"));
	ck_assert_uint_eq(questions[3].ask.stepped != 0, false);
	ck_assert_uint_eq(questions[4].ask.stepped != 0, true);
	grant(&questions[3]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	close_desk(3);
}
END_TEST

/* How many share it was heard: each has an even part. */
START_TEST(shares)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	hear_proxies(2);
	ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	grant(&questions[0]);
	ask(1, "a.test", 1, NULL);
	events->lost(owner, "gone");
	wait_until(now + SECOND);
	ck_assert_int_eq(tickets[1].state, TICKET_WAITING);
	wait_until(now + SECOND);
	wait_until(now + SECOND);
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	ck_assert_uint_eq(nquestions, 1);
	close_desk(2);
}
END_TEST

/*
 * Who was there counts for ten minutes, also where nobody has asked for a budget
 * since, or the others were busy by turns.
 */
START_TEST(proxies_are_remembered)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	hear_proxies(5);
	ck_assert_uint_eq(atomic_load(&stats_process.store_peers), 5);
	proxies = 1;
	while (now < NOW + 600 * SECOND)
		wait_until(now + SECOND);
	ck_assert_uint_eq(atomic_load(&stats_process.store_peers), 5);
	while (now < NOW + 1210 * SECOND)
		wait_until(now + SECOND);
	ck_assert_uint_eq(atomic_load(&stats_process.store_peers), 1);
	close_desk(0);
}
END_TEST

/* Who is alone for all that it knows must not take the whole of it. */
START_TEST(too_many_proxies)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	hear_proxies(_i == 0 ? LEASE_HOLDERS : 0);
	ck_assert_uint_eq(atomic_load(&stats_process.store_peers), 0);
	ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	events->lost(owner, "gone");
	for (; now < NOW + 60 * SECOND; wait_until(now + SECOND))
		ck_assert_int_eq(tickets[0].state, TICKET_WAITING);
	close_desk(1);
}
END_TEST

/* A key of another type, say: its budget alone is without the store. */
START_TEST(a_budget_that_is_not_answered)
{
	unsigned i;

	open_desk("{" SHARED "hosts: {a.test: " RATE ", without_store: open}, "
	    "b.test: " RATE "}}}");
	ask(0, "a.test", 1, NULL);
	ask(1, "b.test", 1, NULL);
	store_desk_look(desk);
	grant(&questions[1]);
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(tickets[0].state, TICKET_WAITING);
		ck_assert_uint_eq(atomic_load(&stats_process.store_cut), 0);
		answer_with(&questions[i == 0 ? 0 : i + 1],
		    &(struct store_answer){ .why = "WRONGTYPE", .sent = now,
		    .received = now });
		wait_until(now + 100 * MS);
	}
	ck_assert_uint_eq(atomic_load(&stats_process.store_cut), 1);
	ck_assert_uint_eq(warnings, 1);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	ck_assert_uint_eq(nquestions, 4);
	wait_until(now + SECOND);
	ck_assert_uint_eq(nquestions, 5);
	ck_assert_uint_eq(questions[4].ask.first, 0);
	answer_with(&questions[4], &(struct store_answer){ .ok = true,
	    .sent = now, .received = now, .lease = { .now = SECOND } });
	ck_assert_uint_eq(atomic_load(&stats_process.store_cut), 0);
	ask(2, "a.test", 1, NULL);
	wait_until(now + 1);
	close_desk(3);
}
END_TEST

/* A reload takes its rule away while it has asked. */
START_TEST(a_host_that_shares_no_more)
{
	struct conf *other = parse("{" SHARED "hosts: {a.test: "
	    "{capacity: 10, queue: {max_wait: 1h}}}}");

	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	hosts_reload(hosts, other, now);
	hosts_admit_all(hosts, &loop, now);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	grant(&questions[0]);
	leave(0, false);
	wait_until(now + 3600 * SECOND);
	ck_assert_uint_eq(nquestions, 1);
	close_desk(0);
	conf_unref(other);
}
END_TEST

START_TEST(another_store)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	ck_assert(store_desk_change(desk, &conf->store));
	ck_assert(questions[0].answered);
	ck_assert_int_eq(tickets[0].state, TICKET_WAITING);
	events->connected(owner);
	ck_assert_uint_eq(nquestions, 2);
	grant(&questions[1]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	close_desk(1);
}
END_TEST

/* Whichever allocation fails, it goes in the end. */
START_TEST(without_memory)
{
	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	ask(0, "a.test", 1, NULL);
	check_alloc = (unsigned)_i + 1;
	store_desk_look(desk);
	check_alloc = 0;
	ask(1, "a.test", 1, NULL);
	store_desk_look(desk);
	wait_until(now + 200 * MS);
	ck_assert_uint_ge(nquestions, 1);
	grant(&questions[nquestions - 1]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	close_desk(2);
}
END_TEST

static void
done(void *arg)
{
	++*(unsigned *)arg;
}

/* What is left of a lease goes back, and then nothing is asked any more. */
START_TEST(a_last_word)
{
	unsigned times = 0;

	open_desk("{" SHARED "hosts: {a.test: " RATE "}}}");
	(void)ask(0, "a.test", 1, NULL);
	store_desk_look(desk);
	grant(&questions[0]);
	proxies = 1;
	store_desk_leave(desk, done, &times);
	ck_assert_uint_eq(nquestions, 2);
	ck_assert_str_eq(questions[1].name, questions[0].name);
	ck_assert(questions[1].ask.leaves);
	ck_assert_uint_eq(questions[1].ask.holder, questions[0].ask.holder);
	ck_assert_uint_eq(questions[1].ask.returned, 7);
	ck_assert_uint_eq(times, 0);
	answer_with(&questions[1], &(struct store_answer){ .ok = true,
	    .sent = now, .received = now });
	ck_assert_uint_gt(times, 0);
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_WAIT);
	store_desk_look(desk);
	wait_until(now + 100 * SECOND);
	ck_assert_uint_eq(nquestions, 2);
	close_desk(2);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store_desk");
	TCase *tcase = tcase_create("desk");

	tcase_add_test(tcase, one_who_waits);
	tcase_add_test(tcase, who_shares_nothing_is_not_asked_for);
	tcase_add_test(tcase, all_its_budgets);
	tcase_add_test(tcase, a_total_is_held_once);
	tcase_add_test(tcase, leases_that_are_needed_together);
	tcase_add_test(tcase, an_answer_that_does_not_come);
	tcase_add_test(tcase, an_answer_that_says_nothing);
	tcase_add_test(tcase, a_question_that_does_not_go);
	tcase_add_test(tcase, the_store_goes_and_comes);
	tcase_add_test(tcase, shares);
	tcase_add_test(tcase, proxies_are_remembered);
	tcase_add_loop_test(tcase, too_many_proxies, 0, 2);
	tcase_add_test(tcase, a_budget_that_is_not_answered);
	tcase_add_test(tcase, a_host_that_shares_no_more);
	tcase_add_test(tcase, another_store);
	tcase_add_test(tcase, a_last_word);
	tcase_add_loop_test(tcase, without_memory, 0, 5);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
