/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_learn.h"
#include "hosts/hosts_reload.h"

#include "check_hosts.h"
#include "check_run.h"

/* What a new configuration makes of hosts, and of their pauses. */

/* An entry counts, or not, by the rule that it has now. */
START_TEST(reload_counts_anew)
{
	struct conf *old, *new = parse("{limits: {hosts: 1}, defaults: " HOUR
	    "}, hosts: {a.test: " HOUR "}}}");

	start("{limits: {hosts: 1}, defaults: " HOUR "}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "b.test", 1, NULL), HOSTS_NO_ROOM);
	old = conf;
	conf = new;
	hosts_reload(hosts, new, NOW);
	ck_assert_int_eq(ask(2, "b.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(3, "a.test", 1, NULL), HOSTS_LATE);
	conf = old;
	hosts_reload(hosts, old, NOW);
	ck_assert_int_eq(ask(4, "c.test", 1, NULL), HOSTS_NO_ROOM);
	ck_assert_int_eq(ask(5, "a.test", 1, NULL), HOSTS_LATE);
	for (unsigned i = 0; i < 6; i++)
		leave(i, false);
	end();
	conf_unref(new);
}
END_TEST

/* Pauses */

/* Configurations that follow each other, and where a.test then belongs. */
static const struct {
	const char	*before;	/* the pause is made under this one */
	const char	*between;
	const char	*after;		/* which allows 5 s */
} reloads[] = {
	{ "{hosts: {a.test: {pause: {max: 1h}}}}", NULL,
	    "{hosts: {a.test: {pause: {max: 5s}}}}" },
	{ "{hosts: {\"*.test\": {pause: {max: 1h}, shared: true}}}", NULL,
	    "{hosts: {\"*.test\": {pause: {max: 1h}, shared: true}, "
	    "a.test: {pause: {max: 5s}}}}" },
	{ "{hosts: {\"*.test\": {pause: {max: 1h}, shared: true}}}", NULL,
	    "{defaults: {pause: {max: 5s}}}" },
	{ "{hosts: {\"*.test\": {pause: {max: 1h}, shared: true}}}",
	    "{hosts: {\"*.test\": {pause: {max: 1h}, shared: true}, a.test: "
	    "{pause: {max: 1h}}}}",
	    "{hosts: {\"*.test\": {pause: {max: 1h}, shared: true}, a.test: "
	    "{pause: {max: 5s}}}}" },
	{ "{hosts: {\"*.test\": {pause: {max: 1h}, shared: true}}}",
	    "{defaults: {pause: {max: 1h}}}",
	    "{defaults: {pause: {max: 5s}}}" },
	{ "{hosts: {a.test: {pause: {max: 1h}}}}",
	    "{hosts: {\"a.test:80\": {pause: {max: 1h}}}}",
	    "{hosts: {\"a.test:80\": {pause: {max: 5s}}}}" },
	{ "{hosts: {a.test: {pause: {max: 1h}}}}", NULL,
	    "{hosts: {\"*\": {pause: {max: 5s}, shared: true}}}" },
};

static struct conf	*confs[3];
static size_t		 nconfs;

static void
change(const char *yaml)
{
	if (yaml == NULL)
		return;
	conf = confs[nconfs++] = parse(yaml);
	hosts_reload(hosts, conf, NOW);
}

static void
end_changes(struct conf *first)
{
	hosts_free(hosts);
	client_hasher_free(hasher);
	conf_unref(first);
	while (nconfs > 0)
		conf_unref(confs[--nconfs]);
}

/* Until when a request of now would have to wait. */
static uint64_t
held_until(unsigned i)
{
	enum hosts_answer answer = ask(i, "a.test", 1, NULL);
	uint64_t until = answer == HOSTS_GO ? NOW : tickets[i].report.start;

	leave(i, false);
	return until;
}

static const struct lesson	 hour = {
	.verdict = BUDGET_THROTTLED,
	.pause = 3600 * SECOND,
};

START_TEST(pause_after_reloads)
{
	struct conf *first;

	start(reloads[_i].before);
	first = conf;
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_uint_eq(hosts_learn(hosts, &tickets[0], &hour, NOW),
	    hour.pause);
	leave(0, false);
	ck_assert_uint_eq(held_until(1), NOW + hour.pause);
	change(reloads[_i].between);
	ck_assert_uint_eq(held_until(2), NOW + hour.pause);
	change(reloads[_i].after);
	ck_assert_uint_eq(held_until(3), NOW + 5 * SECOND);
	end_changes(first);
}
END_TEST

#define MAX_1H	"pause: {max: 1h}"

/* Under the first a.test stands for those who ask later, too. */
static const struct {
	const char	*before;
	const char	*after;
	const char	*name;		/* who asks then */
	unsigned	 seconds;	/* and would have to wait so long */
} splits[] = {
	{ "{hosts: {\"*.test\": {" MAX_1H ", shared: true}}}",
	    "{hosts: {\"*.test\": {" MAX_1H "}}}", "b.test", 3600 },
	{ "{hosts: {\"*.test\": {" MAX_1H ", shared: true}}}",
	    "{hosts: {\"*.test\": {pause: {max: 5s}}}}", "b.test", 5 },
	{ "{hosts: {\"*.test\": {" MAX_1H ", shared: true}}}",
	    "{hosts: {\"*.test\": {" MAX_1H ", per: client}}}", "b.test",
	    3600 },
	{ "{hosts: {a.test: {" MAX_1H "}}}",
	    "{hosts: {a.test: {" MAX_1H ", per: client}}}", "a.test", 3600 },
	{ "{hosts: {a.test: {" MAX_1H "}}}",
	    "{hosts: {a.test: {pause: {max: 5s}, per: client}}}", "a.test",
	    5 },
	/* told apart before, too */
	{ "{hosts: {\"*.test\": {" MAX_1H "}}}",
	    "{hosts: {\"*.test\": {" MAX_1H ", per: client}}}", "b.test", 0 },
};

START_TEST(pause_of_those_who_shared)
{
	enum hosts_answer answer;
	struct conf *first;

	start(splits[_i].before);
	first = conf;
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_uint_eq(hosts_learn(hosts, &tickets[0], &hour, NOW),
	    hour.pause);
	leave(0, false);
	change(splits[_i].after);
	change(splits[_i].after);
	for (unsigned i = 1; i < 3; i++) {
		answer = ask(i, splits[_i].name, i + 1, NULL);
		if (splits[_i].seconds == 0)
			ck_assert_int_eq(answer, HOSTS_GO);
		else
			ck_assert_uint_eq(tickets[i].report.start,
			    NOW + splits[_i].seconds * SECOND);
		leave(i, false);
	}
	end_changes(first);
}
END_TEST

/* What is told apart by the same stays so, whoever's it is. */
static const struct {
	const char	*before, *after;
	unsigned	 free;		/* slots of that credential, then */
} apart[] = {
	{ "{hosts: {a.test: {per: X, concurrency: 1}}}",
	  "{hosts: {a.test: {per: X, concurrency: 2}}}", 1 },
	/* by something else: it is with those who have said nothing of it */
	{ "{hosts: {a.test: {per: X, concurrency: 1}}}",
	  "{hosts: {a.test: {per: Y, concurrency: 2}}}", 1 },
	{ "{hosts: {a.test: {per: jwt:sub, concurrency: 1}}}",
	  "{hosts: {a.test: {per: jwt:sub, concurrency: 2}}}", 1 },
	{ "{hosts: {a.test: {per: jwt:sub, concurrency: 1}}}",
	  "{hosts: {a.test: {per: jwt:iss, concurrency: 2}}}", 1 },
};

START_TEST(credentials_stay)
{
	struct conf *first;
	unsigned i;

	start(apart[_i].before);
	first = conf;
	ck_assert_int_eq(ask(0, "a.test", 1, "v"), HOSTS_GO);
	change(apart[_i].after);
	for (i = 1; i <= apart[_i].free; i++)
		ck_assert_int_eq(ask(i, "a.test", 1, "v"), HOSTS_GO);
	ck_assert_int_eq(ask(i, "a.test", 1, "v"), HOSTS_WAIT);
	do
		leave(i, false);
	while (i-- > 0);
	end_changes(first);
}
END_TEST

/* What all have spent together is spent, where others have it with them. */
START_TEST(totals_go_along)
{
	struct conf *first;

	start("{hosts: {'*.test': {per: X, shared: true, per_total: {capacity: "
	    "2, period: 1h}}}}");
	first = conf;
	ck_assert_int_eq(ask(0, "a.test", 1, "v"), HOSTS_GO);
	ck_assert_int_eq(ask(1, "b.test", 1, "w"), HOSTS_GO);
	leave(0, false);
	leave(1, false);
	change("{hosts: {'*.test': {per: X, per_total: {capacity: 2, period: "
	    "1h}}}}");
	/* a.test has what the pattern had, wherever it was spent */
	ck_assert_int_ne(ask(2, "a.test", 1, "v"), HOSTS_GO);
	leave(2, false);
	end_changes(first);
}
END_TEST

/* A request of before gets its answer when the new limits hold. */
START_TEST(pause_by_an_older_request)
{
	struct conf *first;

	start(reloads[_i].before);
	first = conf;
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	change(reloads[_i].between);
	change(reloads[_i].after);
	ck_assert_uint_eq(hosts_learn(hosts, &tickets[0], &hour, NOW),
	    5 * SECOND);
	ck_assert_uint_eq(held_until(1), NOW + 5 * SECOND);
	leave(0, false);
	end_changes(first);
}
END_TEST

/* The same, where nothing is left until then. */
START_TEST(shape_by_an_older_request)
{
	static const struct lesson none_left = {
		.verdict = BUDGET_SUCCESS,
		.shape = true,
		.reset = 3600 * SECOND,
	};
	struct conf *first;

	start(reloads[_i].before);
	first = conf;
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	change(reloads[_i].between);
	change(reloads[_i].after);
	ck_assert_uint_eq(hosts_learn(hosts, &tickets[0], &none_left, NOW), 0);
	ck_assert_uint_eq(held_until(1), NOW + 5 * SECOND);
	leave(0, false);
	end_changes(first);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hosts_reload");
	TCase *tc = tcase_create("table");

	tcase_add_test(tc, reload_counts_anew);
	suite_add_tcase(suite, tc);
	tc = tcase_create("pause");
	ROWS(tc, pause_after_reloads, reloads);
	ROWS(tc, pause_by_an_older_request, reloads);
	ROWS(tc, shape_by_an_older_request, reloads);
	ROWS(tc, pause_of_those_who_shared, splits);
	ROWS(tc, credentials_stay, apart);
	tcase_add_test(tc, totals_go_along);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
