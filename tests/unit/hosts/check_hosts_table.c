/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_learn.h"

#include "check_hosts.h"
#include "check_run.h"

/* Who gets an entry in the table of hosts, and what is kept of it. */

/* How many hosts of its own a client gets, until the answer is that one. */
static unsigned
fill(unsigned first, unsigned client, enum hosts_answer why)
{
	enum hosts_answer answer;
	char name[32];
	unsigned i;

	for (i = first; i < TICKETS; i++) {
		snprintf(name, sizeof name, "n%u.client%u.test", i, client);
		if ((answer = ask(i, name, client, NULL)) != HOSTS_GO)
			break;
		leave(i, false);
	}
	ck_assert_int_eq(answer, why);
	leave(i, false);
	return i - first;
}

START_TEST(each_client_leaves_room)
{
	unsigned a, b, c, i;

	start("{limits: {hosts: 100}, defaults: " HOUR "}}");
	a = fill(0, 1, HOSTS_NO_SHARE);
	ck_assert_uint_ge(a, 75);
	ck_assert_uint_le(a, 76);
	b = fill(a, 2, HOSTS_NO_SHARE);
	ck_assert_uint_ge(b, 15);
	ck_assert_uint_le(b, 20);
	c = fill(a + b, 3, HOSTS_NO_SHARE);
	ck_assert_uint_ge(c, 2);
	/* said once for each of them */
	ck_assert_uint_eq(warnings, 3);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(ask(500 + i, "more.test", 1, NULL),
		    HOSTS_NO_SHARE);
	ck_assert_uint_eq(warnings, 3);
	/* what is there is there for everybody */
	ck_assert_int_eq(ask(510, "n0.client1.test", 9, NULL), HOSTS_LATE);
	for (i = 0; i < 3; i++)
		leave(500 + i, false);
	leave(510, false);
	end();
}
END_TEST

START_TEST(one_entry_is_for_anybody)
{
	start("{limits: {hosts: 1}, defaults: " HOUR "}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "b.test", 2, NULL), HOSTS_NO_ROOM);
	ck_assert_int_eq(ask(2, "b.test", 2, NULL), HOSTS_NO_ROOM);
	ck_assert_uint_eq(warnings, 1);
	leave(0, false);
	leave(1, false);
	leave(2, false);
	end();
}
END_TEST

static const char	*placed[] = { "own.test", "x.shared.test" };

START_TEST(configured_hosts_have_their_place)
{
	unsigned i;

	start("{limits: {hosts: 2}, defaults: " HOUR "}, hosts: "
	    "{own.test: " HOUR "}, \"*.shared.test\": " HOUR ", shared: true},"
	    " \"*.wild.test\": " HOUR "}}}");
	for (i = 0; i < 2; i++)
		ck_assert_int_eq(ask(i, i == 0 ? "a.test" : "b.test", 1 + i,
		    NULL), HOSTS_GO);
	ck_assert_int_eq(ask(2, "c.test", 3, NULL), HOSTS_NO_ROOM);
	ck_assert_int_eq(ask(3, "x.wild.test", 3, NULL), HOSTS_NO_ROOM);
	ck_assert_int_eq(ask(4, placed[_i], 3, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(5, placed[_i], 3, NULL), HOSTS_LATE);
	/* nor do they take anybody else's */
	for (i = 0; i < 6; i++)
		leave(i, i < 2);
	ck_assert_int_eq(ask(6, "c.test", 3, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(7, "x.wild.test", 4, NULL), HOSTS_GO);
	leave(6, false);
	leave(7, false);
	end();
}
END_TEST

START_TEST(credentials_leave_room_for_hosts)
{
	char value[16];
	unsigned i;

	start("{limits: {hosts: 8}, defaults: " HOUR "}, hosts: {per.test: "
	    HOUR ", per: X}}}");
	for (i = 0; i < 6; i++) {
		snprintf(value, sizeof value, "k%u", i);
		ck_assert_int_eq(ask(i, "per.test", i, value), HOSTS_GO);
	}
	ck_assert_int_eq(ask(6, "per.test", 6, "k6"), HOSTS_NO_ROOM);
	ck_assert_int_eq(ask(7, "per.test", 7, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(8, "a.test", 8, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(9, "b.test", 9, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(10, "c.test", 10, NULL), HOSTS_NO_ROOM);
	for (i = 0; i < 11; i++)
		leave(i, false);
	end();
}
END_TEST

START_TEST(names_that_lead_nowhere)
{
	unsigned i;

	start("{limits: {hosts: 1}, defaults: " HOUR "}}");
	for (i = 0; i < 5; i++) {
		ck_assert_int_eq(ask(i, "no.test", 1, NULL), HOSTS_GO);
		leave(i, true);
	}
	ck_assert_int_eq(ask(5, "yes.test", 1, NULL), HOSTS_GO);
	leave(5, false);
	/* that one has reached it: another one's failure forgets nothing */
	ck_assert_int_eq(ask(6, "yes.test", 1, NULL), HOSTS_LATE);
	leave(6, true);
	ck_assert_int_eq(ask(7, "yes.test", 1, NULL), HOSTS_LATE);
	leave(7, false);
	end();
}
END_TEST

/* What others have stays; who waits has the whole budget before him. */
START_TEST(nowhere_for_one_of_several)
{
	start("{limits: {hosts: 1}, defaults: {capacity: 1, period: 1h, "
	    "burst: 2, queue: {max_wait: 2h}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(2, "a.test", 1, NULL), HOSTS_WAIT);
	leave(0, true);
	ck_assert_int_eq(ask(3, "b.test", 1, NULL), HOSTS_NO_ROOM);
	ck_assert_int_eq(tickets[2].state, TICKET_WAITING);
	leave(1, true);
	ck_assert_int_eq(tickets[2].state, TICKET_HELD);
	ck_assert_int_eq(ask(4, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(5, "a.test", 1, NULL), HOSTS_WAIT);
	leave(2, false);
	leave(4, true);
	ck_assert_int_eq(tickets[5].state, TICKET_WAITING);
	leave(3, false);
	leave(5, false);
	end();
}
END_TEST

/* Of one that is at no host, any more or yet, nothing becomes anything. */
START_TEST(at_no_host)
{
	struct ticket *t = &tickets[0];
	struct lesson l = { .verdict = BUDGET_THROTTLED, .pause = SECOND };
	struct ticket_shown shown = { .head = NULL };

	start("{defaults: {concurrency: 1}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	hosts_release(hosts, t, NOW);
	ck_assert_int_eq(hosts_return(hosts, t, NOW), HOSTS_LATE);
	t->deadline = NOW + 7;
	ck_assert_uint_eq(hosts_deadline(hosts, t, NOW), NOW + 7);
	ck_assert(!hosts_is_wanted(hosts, t));
	ck_assert(!hosts_is_news(hosts, t, HOSTS_NEWS_USAGE));
	ck_assert(!hosts_give_up(hosts, t, NOW));
	ck_assert_uint_eq(hosts_learn(hosts, t, &l, NOW), 0);
	hosts_meter_left(hosts, t, "tokens", 1, NOW, NOW);
	hosts_release_slot(hosts, t, NOW);
	hosts_show(hosts, t, &shown);
	/* its slot is another's, and nothing is paused */
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(2, "a.test", 1, NULL), HOSTS_WAIT);
	leave(2, false);
	leave(1, false);
	leave(0, false);
	end();
}
END_TEST

START_TEST(memory_is_not_room)
{
	enum hosts_answer answer = HOSTS_NO_MEMORY;
	unsigned i, short_of = 0;

	start("{limits: {hosts: 10}, defaults: " HOUR "}}");
	for (i = 0; answer == HOSTS_NO_MEMORY; i++) {
		fail_at = i + 1;
		answer = ask(i, "a.test", 1, NULL);
		leave(i, false);
		short_of += answer == HOSTS_NO_MEMORY;
	}
	fail_at = 0;
	/* the client, the entry, the throttle, the table */
	ck_assert_uint_ge(short_of, 4);
	ck_assert_int_eq(answer, HOSTS_GO);
	ck_assert_uint_eq(warnings, 0);
	end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hosts_table");
	TCase *tc = tcase_create("table");

	tcase_add_test(tc, each_client_leaves_room);
	tcase_add_test(tc, one_entry_is_for_anybody);
	ROWS(tc, configured_hosts_have_their_place, placed);
	tcase_add_test(tc, credentials_leave_room_for_hosts);
	tcase_add_test(tc, names_that_lead_nowhere);
	tcase_add_test(tc, nowhere_for_one_of_several);
	tcase_add_test(tc, at_no_host);
	tcase_add_test(tc, memory_is_not_room);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
