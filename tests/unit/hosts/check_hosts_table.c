/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_learn.h"
#include "hosts/hosts_reload.h"

#include <check.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_alloc.h"
#include "check_run.h"
#include "base/log.h"
#include "http/http1_host.h"
#include "net/loop.h"
#include "conf/conf_parse.h"

/* Who gets an entry in the table of hosts, and what is kept of it. */

#define SECOND	1000000000ULL
#define NOW	(100 * SECOND)
#define TICKETS	512

static struct conf	*conf;
static struct hosts	*hosts;
static struct loop	 loop;
static struct client_hasher *hasher;
static struct http1_head head;
static unsigned		 warnings;
static unsigned		 fail_at;	/* ask()'s allocation; 0: none */

/* What a loop and the log would do. */

void
loop_post(struct loop *l, struct mail *m)
{
	(void)l;
	m->posted = true;
}

void
loop_unpost(struct loop *l, struct mail *m)
{
	(void)l;
	m->posted = false;
}

void
loop_wake_at(struct loop *l, struct wake *k, uint64_t at)
{
	(void)l;
	k->armed = true;
	k->at = at;
}

void
log_warn(const char *format, ...)
{
	(void)format;
	warnings++;
}

void
log_info(const char *format, ...)
{
	(void)format;
}

void
log_error(const char *format, ...)
{
	(void)format;
}

static struct conf *
parse(const char *yaml)
{
	char *cause = NULL;
	struct conf *c = conf_parse("test", yaml, strlen(yaml), &cause);

	ck_assert_msg(c != NULL, "%s", cause);
	return c;
}

static void
start(const char *yaml)
{
	conf = parse(yaml);
	ck_assert(client_hash_init());
	hasher = client_hasher_new();
	ck_assert_ptr_nonnull(hasher);
	/* without a fork the tests before have left these */
	warnings = fail_at = check_alloc = 0;
	hosts = hosts_new(conf, 1);
	ck_assert_ptr_nonnull(hosts);
}

static void
end(void)
{
	hosts_free(hosts);
	client_hasher_free(hasher);
	conf_unref(conf);
}

/* Requests */

static struct ticket	 tickets[TICKETS];
static struct http1_host names[TICKETS];
static struct sockaddr_in clients[TICKETS];
static struct http1_field fields[TICKETS];
static char		 values[TICKETS][16];

/* Request i, for a host, from that client, with a value of X (NULL: none). */
static enum hosts_answer
ask(unsigned i, const char *host, unsigned client, const char *value)
{
	const struct claim_hash hash = { client_hash, hasher };
	struct claim_source source = { .head = &head };
	struct ticket *t = &tickets[i];
	enum hosts_answer answer;
	struct claim claim;

	ck_assert_int_eq(http1_host_parse(&names[i], host, strlen(host)),
	    HTTP1_OK);
	names[i].port = 80;
	clients[i].sin_family = AF_INET;
	clients[i].sin_addr.s_addr = htonl(0x0a000000 + client);
	memset(t, 0, sizeof *t);
	t->loop = &loop;
	t->hasher = hasher;
	t->name = &names[i];
	t->conf = conf_ref(conf);
	t->rule = conf_rule(conf, &names[i]);
	memset(&head, 0, sizeof head);
	if (value != NULL) {
		snprintf(values[i], sizeof values[i], "%s", value);
		fields[i].name = (struct http1_str){ "x", 1 };
		fields[i].value = (struct http1_str){ values[i],
		    strlen(values[i]) };
		head.fields[head.nfields++] = fields[i];
	}
	source.address = (struct sockaddr *)&clients[i];
	ck_assert_ptr_null(claim_make(&claim, &hash, t->rule, &source, NOW));
	check_alloc = fail_at;
	answer = hosts_ask(hosts, t, &claim, &source, NOW);
	check_alloc = 0;
	return answer;
}

static void
leave(unsigned i, bool nowhere)
{
	tickets[i].nowhere = nowhere;
	hosts_leave(hosts, &tickets[i], NOW);
}

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

#define HOUR	"{capacity: 1, period: 1h, queue: {max_wait: 1ms}"

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
	tcase_add_test(tc, memory_is_not_room);
	tcase_add_test(tc, reload_counts_anew);
	suite_add_tcase(suite, tc);
	tc = tcase_create("pause");
	ROWS(tc, pause_after_reloads, reloads);
	ROWS(tc, pause_by_an_older_request, reloads);
	ROWS(tc, pause_of_those_who_shared, splits);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
