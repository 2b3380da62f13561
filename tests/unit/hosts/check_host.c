/* SPDX-License-Identifier: ISC */
#include "hosts/host.h"
#include "hosts/hosts_learn.h"
#include "hosts/hosts_reload.h"
#include "hosts/hosts_say.h"
#include "throttle/throttle_estimate.h"

#include "check_hosts.h"
#include "check_run.h"

/* The states of tickets, and what their host counts of them. */

#define TWO	"{capacity: 2, period: 1h, concurrency: 1, " \
		"queue: {max_wait: 3h, length: 2}}"

/* How many wait and hold at the host of a ticket that is at one. */
static void
expect(unsigned i, size_t waiting, size_t held)
{
	const struct host *h = tickets[i].host;

	ck_assert_ptr_nonnull(h);
	ck_assert_uint_eq(h->count[TICKET_WAITING], waiting);
	ck_assert_uint_eq(h->count[TICKET_HELD], held);
	ck_assert(host_is_empty(h) == (waiting + held == 0));
}

/* A ticket that was never at a host, or is at none any more. */
static void
expect_idle(unsigned i)
{
	ck_assert_int_eq(tickets[i].state, TICKET_IDLE);
	ck_assert_ptr_null((struct host *)tickets[i].host);
}

START_TEST(asked_and_left)
{
	start("{defaults: " TWO "}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	expect(0, 0, 1);
	ck_assert_int_eq(ask(1, "a.test", 2, NULL), HOSTS_WAIT);
	ck_assert_int_eq(ask(2, "a.test", 3, NULL), HOSTS_WAIT);
	expect(0, 2, 1);
	/* refused: at no host */
	ck_assert_int_eq(ask(3, "a.test", 4, NULL), HOSTS_FULL);
	expect_idle(3);
	expect(0, 2, 1);
	/* another host counts its own */
	ck_assert_int_eq(ask(4, "b.test", 1, NULL), HOSTS_GO);
	expect(4, 0, 1);
	leave(2, false);
	expect_idle(2);
	expect(0, 1, 1);
	/* its slot is another's */
	leave(0, false);
	expect_idle(0);
	ck_assert_int_eq(tickets[1].state, TICKET_HELD);
	ck_assert(tickets[1].mail.posted);
	expect(1, 0, 1);
	leave(1, false);
	leave(3, false);
	leave(4, false);
	end();
}
END_TEST

START_TEST(gave_up)
{
	start("{defaults: " TWO "}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "a.test", 2, NULL), HOSTS_WAIT);
	ck_assert(!hosts_give_up(hosts, &tickets[0], NOW));
	ck_assert(hosts_give_up(hosts, &tickets[1], NOW));
	expect_idle(1);
	ck_assert(!hosts_give_up(hosts, &tickets[1], NOW));
	expect(0, 0, 1);
	leave(0, false);
	leave(1, false);
	end();
}
END_TEST

/* A refusal takes it back, and those who cannot wait so long go. */
START_TEST(returned_and_refused)
{
	static const struct lesson hours = {
		.verdict = BUDGET_THROTTLED,
		.pause = 2 * 3600 * SECOND,
	};

	start("{defaults: {concurrency: 1, pause: {max: 10h}, "
	    "queue: {max_wait: 1h}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "a.test", 2, NULL), HOSTS_WAIT);
	expect(0, 1, 1);
	ck_assert_uint_eq(hosts_learn(hosts, &tickets[0], &hours, NOW),
	    hours.pause);
	expect_idle(1);
	ck_assert(tickets[1].mail.posted);
	expect(0, 0, 1);
	ck_assert_int_eq(hosts_return(hosts, &tickets[0], NOW), HOSTS_LATE);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	expect(0, 0, 1);
	leave(0, false);
	leave(1, false);
	end();
}
END_TEST

START_TEST(returned)
{
	static const struct lesson minute = {
		.verdict = BUDGET_THROTTLED,
		.pause = 60 * SECOND,
	};

	start("{defaults: {concurrency: 1, pause: {max: 10h}, "
	    "queue: {max_wait: 1h}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert(hosts_has_slot(hosts, &tickets[0]));
	hosts_learn(hosts, &tickets[0], &minute, NOW);
	ck_assert_int_eq(hosts_return(hosts, &tickets[0], NOW), HOSTS_WAIT);
	expect(0, 1, 0);
	ck_assert(!hosts_has_slot(hosts, &tickets[0]));
	hosts_admit_all(hosts, &loop, NOW + 60 * SECOND);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	expect(0, 0, 1);
	leave(0, false);
	end();
}
END_TEST

/* What is put back after it had only asked is told apart, by each learner. */
START_TEST(returned_after_asking)
{
	static const struct lesson refused = {
		.verdict = BUDGET_THROTTLED,
		.pause = SECOND,
	};
	uint64_t now = NOW;
	unsigned i;

	start("{defaults: {learn: estimate, pause: {max: 10h}, "
	    "queue: {max_wait: 1h}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	for (i = 0; i < 2; i++) {
		ck_assert_uint_eq(tickets[0].asked, i);
		hosts_learn(hosts, &tickets[0], &refused, now);
		ck_assert_int_eq(hosts_return(hosts, &tickets[0], now),
		    HOSTS_WAIT);
		now += 2 * SECOND;
		hosts_admit_all(hosts, &loop, now);
		ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	}
	leave(0, false);
	end();
}
END_TEST

/*
 * Refused for no limit of requests: it waits as long as is named, or asks in a
 * moment, and that teaches nothing, nor was it a question.
 */
START_TEST(refused_aside)
{
	static const struct lesson refused[] = {
		{ .verdict = BUDGET_THROTTLED, .pause = 3 * SECOND,
		    .no_rate = true },
		{ .verdict = BUDGET_THROTTLED, .backoff = true,
		    .base = 5 * SECOND, .no_rate = true },
		{ .verdict = BUDGET_THROTTLED, .backoff = true,
		    .base = 5 * SECOND, .own_base = true, .no_rate = true },
	};
	static const uint64_t pauses[] = { 3 * SECOND, SECOND / 2, 5 * SECOND };
	struct host *h;

	start("{defaults: {learn: estimate, pause: {max: 10h}, "
	    "queue: {max_wait: 1h}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	h = tickets[0].host;
	ck_assert_uint_eq(hosts_learn(hosts, &tickets[0], &refused[_i], NOW),
	    pauses[_i]);
	ck_assert_uint_eq(throttle_estimated(h->throttle)->refusals, 0);
	ck_assert_uint_eq(throttle_estimate_shut(h->throttle), 0);
	ck_assert_uint_eq(h->counts.throttled, 1);
	ck_assert_int_eq(hosts_return(hosts, &tickets[0], NOW), HOSTS_WAIT);
	ck_assert_uint_eq(tickets[0].asked, 0);
	hosts_admit_all(hosts, &loop, NOW + pauses[_i] - 1);
	ck_assert_int_eq(tickets[0].state, TICKET_WAITING);
	hosts_admit_all(hosts, &loop, NOW + pauses[_i]);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	leave(0, false);
	end();
}
END_TEST

/* Why it pauses: what the host has said, or what else makes it longer. */
static const struct {
	const char	*says;
	enum rule_learn	 learn;
	struct lesson	 lesson;
	uint64_t	 pause;
} grounds[] = {
	{ "429 (field)", RULE_LEARN_ESTIMATE, { .pause = 2 * SECOND },
	    2 * SECOND },
	{ "429 (field, cut to pause.max)", RULE_LEARN_ESTIMATE,
	    { .pause = 3 * SECOND }, 2 * SECOND },
	{ "429 (as learned; field named 657 ms)", RULE_LEARN_ESTIMATE,
	    { .pause = 657000000 }, 7 * SECOND },
	{ "429 (as learned; field named 657 ms)", RULE_LEARN_ESTIMATE,
	    { .pause = 657000000, .partial = true, .named = true },
	    7 * SECOND },
	{ "429 (as learned; it named \"now\")", RULE_LEARN_ESTIMATE,
	    { .backoff = true, .at_once = true }, SECOND },
	{ "429 (no time is named)", RULE_LEARN_ESTIMATE, { .backoff = true },
	    SECOND },
	{ "429 (its \"now\" has been believed once)", RULE_LEARN_ESTIMATE,
	    { .backoff = true, .at_once = true, .no_rate = true }, SECOND },
	{ "429 (its \"now\" has been believed once)", RULE_LEARN_PAUSE,
	    { .backoff = true, .at_once = true }, SECOND },
};

START_TEST(says_why)
{
	const struct rule rule = { .learn = grounds[_i].learn };
	const struct ticket t = { .rule = &rule };
	struct lesson l = grounds[_i].lesson;
	char buf[EVENTS_TEXT];

	l.status = 429;
	l.source = "field";
	ck_assert_str_eq(hosts_say_grounds(buf, &t, &l, grounds[_i].pause) +
	    strlen("after its answer "), grounds[_i].says);
}
END_TEST

/* Read and not answered: it was no refusal, and who may go at once is not late. */
START_TEST(put_back_unanswered)
{
	static const struct lesson none = { .verdict = BUDGET_NEUTRAL };
	uint64_t now = NOW + 2 * 3600 * SECOND;

	start("{defaults: {learn: estimate, queue: {max_wait: 1s}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	hosts_learn(hosts, &tickets[0], &none, now);
	ck_assert_int_eq(hosts_return(hosts, &tickets[0], now), HOSTS_LATE);
	ck_assert_int_eq(hosts_pay_again(hosts, &tickets[0], now),
	    HOSTS_WAIT);
	ck_assert_uint_eq(tickets[0].asked, 0);
	hosts_admit_all(hosts, &loop, now);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	leave(0, false);
	end();
}
END_TEST

START_TEST(slot_is_given_back_early)
{
	start("{defaults: {concurrency: 1}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert(hosts_has_slot(hosts, &tickets[0]));
	hosts_release_slot(hosts, &tickets[0], NOW);
	ck_assert(!hosts_has_slot(hosts, &tickets[0]));
	leave(0, false);
	ck_assert(!hosts_has_slot(hosts, &tickets[0]));
	end();
}
END_TEST

static uint64_t
counted_within(unsigned i)
{
	const struct host *h = tickets[i].host;

	ck_assert_ptr_nonnull(h);
	return host_counted_within(&h->counted);
}

/* A host that refuses within its limits counts later than was thought. */
START_TEST(counts_late)
{
	struct lesson l = { .verdict = BUDGET_THROTTLED, .pause = SECOND };
	const uint64_t least = SECOND / 10;
	unsigned i;

	start("{defaults: {capacity: 100, period: 1h, strict: true}}");
	for (i = 0; i < 6; i++)
		ck_assert_int_eq(ask(i, i < 5 ? "a.test" : "b.test", 1, NULL),
		    HOSTS_GO);
	ck_assert_uint_eq(counted_within(0), least);
	hosts_learn(hosts, &tickets[0], &l, NOW);
	ck_assert_uint_eq(counted_within(0), 2 * least);
	/* of those that are refused in one go one counts */
	hosts_learn(hosts, &tickets[1], &l, NOW);
	ck_assert_uint_eq(counted_within(0), 2 * least);
	for (i = 2; i < 5; i++) {
		l.pause *= 2;
		hosts_learn(hosts, &tickets[i], &l, NOW);
		ck_assert_uint_eq(counted_within(0), i == 2 ? 4 * least :
		    8 * least);
	}
	ck_assert_uint_eq(counted_within(5), least);
	for (i = 0; i < 6; i++)
		leave(i, false);
	end();
}
END_TEST

/* Each goes to its new host as it is. */
START_TEST(moved)
{
	struct conf *old, *new = parse("{hosts: {\"*.test\": " TWO "}}");

	start("{hosts: {\"*.test\": {capacity: 2, period: 1h, concurrency: 1, "
	    "queue: {max_wait: 3h, length: 2}, shared: true}}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "a.test", 2, NULL), HOSTS_WAIT);
	ck_assert_int_eq(ask(2, "b.test", 3, NULL), HOSTS_WAIT);
	expect(0, 2, 1);
	old = conf;
	conf = new;
	hosts_reload(hosts, new, NOW);
	ck_assert_int_eq(tickets[0].state, TICKET_HELD);
	ck_assert_int_eq(tickets[1].state, TICKET_WAITING);
	ck_assert_int_eq(tickets[2].state, TICKET_WAITING);
	expect(0, 1, 1);
	expect(2, 1, 0);
	for (unsigned i = 0; i < 3; i++)
		leave(i, false);
	end();
	conf_unref(old);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("host");
	TCase *tc = tcase_create("states");

	tcase_add_test(tc, asked_and_left);
	tcase_add_test(tc, gave_up);
	tcase_add_test(tc, returned_and_refused);
	tcase_add_test(tc, returned);
	tcase_add_test(tc, returned_after_asking);
	tcase_add_loop_test(tc, refused_aside, 0, 3);
	ROWS(tc, says_why, grounds);
	tcase_add_test(tc, put_back_unanswered);
	tcase_add_test(tc, slot_is_given_back_early);
	tcase_add_test(tc, counts_late);
	tcase_add_test(tc, moved);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
