/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_view.h"

#include "hosts/host_pause.h"
#include "hosts/hosts_learn.h"
#include "hosts/hosts_queue.h"
#include "hosts/hosts_reload.h"

#include "check_hosts.h"
#include "check_run.h"

/* How hosts stand, for those who look. */

#define MANY	200

static unsigned seen[MANY];	/* how often each host was told */
static unsigned pieces;

static void
see(const struct host_view *v, void *arg)
{
	unsigned i;

	(void)arg;
	ck_assert_int_eq(sscanf(v->key, "h%u.test", &i), 1);
	ck_assert_uint_lt(i, MANY);
	seen[i]++;
}

static void
name_of(char name[32], unsigned i)
{
	snprintf(name, 32, "h%u.test", i);
}

static void
add(unsigned i)
{
	char name[32];

	name_of(name, i);
	ck_assert_int_eq(ask(i, name, 1, NULL), HOSTS_GO);
}

/* Hosts come, go and are swept to other places between pieces. */
START_TEST(pieces_of_a_table_that_changes)
{
	uint64_t cursor = 0;
	unsigned i;
	bool more;

	start("{defaults: {concurrency: 1}}");
	memset(seen, 0, sizeof seen);
	pieces = 0;
	for (i = 0; i < 150; i++)
		add(i);
	do {
		more = hosts_view_piece(hosts, &cursor, NOW, see, NULL);
		/* one from the front goes, and ones that were told, too */
		if (++pieces == 1) {
			leave(0, true);
			leave(100, true);
			for (i = 150; i < 180; i++)
				add(i);
		}
	} while (more);
	ck_assert_uint_eq(pieces, 3);
	for (i = 0; i < 180; i++)
		ck_assert_uint_eq(seen[i], i == 100 ? 0 : 1);
	ck_assert_uint_eq(hosts_view_count(hosts), 178);
	for (i = 1; i < 180; i++)
		leave(i, false);
	end();
	stats_free();
}
END_TEST

START_TEST(one)
{
	struct part_view parts[4];
	struct host_view v;

	start("{hosts: {a.test: {capacity: 2, period: 10s, concurrency: 3, "
	    "paths: {/x: {concurrency: 1}}}}}");
	ck_assert(!hosts_view_one(hosts, "a.test", NOW, &v));
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert(hosts_view_one(hosts, "A.test:99", NOW, &v));
	ck_assert_str_eq(v.key, "a.test");
	ck_assert_str_eq(v.rule->name, "a.test");
	ck_assert_int_eq(v.state, HOSTS_OPEN);
	ck_assert_uint_eq(v.admitted, 1);
	ck_assert_uint_eq(v.throttle.host.inflight, 1);
	ck_assert_int_eq(v.throttle.host.rates[0].left, BUDGET_UNIT);
	host_view_done(&v);
	host_pause(tickets[0].host, THROTTLE_WHOLE, NOW + SECOND,
	    STATS_BACKOFF, NOW);
	host_pause_say(tickets[0].host, "because");
	ck_assert(hosts_view_one(hosts, "a.test", NOW, &v));
	ck_assert_int_eq(v.state, HOSTS_PAUSED);
	ck_assert_int_eq(v.cause, STATS_BACKOFF);
	ck_assert_str_eq(v.why, "because");
	host_view_done(&v);
	ck_assert(hosts_view_one(hosts, "a.test", NOW + SECOND, &v));
	ck_assert_int_eq(v.state, HOSTS_RECOVERING);
	host_view_done(&v);
	ck_assert_uint_eq(hosts_view_parts(hosts, "a.test", NOW, parts, 4), 1);
	ck_assert_str_eq(parts[0].name, "/x");
	ck_assert(!parts[0].named);
	ck_assert_uint_eq(parts[0].budget.concurrency, 1);
	ck_assert_uint_eq(hosts_view_parts(hosts, "b.test", NOW, parts, 4), 0);
	leave(0, false);
	end();
	stats_free();
}
END_TEST

static uint64_t
oldest_of(const char *key)
{
	struct host_view v;

	ck_assert(hosts_view_one(hosts, key, NOW, &v));
	host_view_done(&v);
	return v.throttle.oldest;
}

/* In the order in which they came, unless a reload has merged two hosts. */
START_TEST(oldest)
{
	static const char *const at[] = { "a.test", "a.test", "a.test",
	    "b.test", "b.test" };
	struct conf *shared;
	unsigned i;

	start("{hosts: {'*.test': {concurrency: 1}}}");
	for (i = 0; i < 5; i++) {
		ask(i, at[i], 1, NULL);
		tickets[i].waiter.since = NOW + i;
	}
	ck_assert_int_eq(tickets[1].state, TICKET_WAITING);
	ck_assert_uint_eq(oldest_of("a.test"), NOW + 1);
	ck_assert_uint_eq(oldest_of("b.test"), NOW + 4);
	tickets[4].waiter.since = NOW - 1;
	leave(1, false);
	ck_assert_uint_eq(oldest_of("a.test"), NOW + 2);
	shared = parse("{hosts: {'*.test': {concurrency: 1, shared: true}}}");
	hosts_reload(hosts, shared, NOW);
	ck_assert_uint_eq(oldest_of("*.test"), NOW - 1);
	leave(4, false);
	ck_assert_uint_eq(oldest_of("*.test"), NOW + 2);
	leave(2, false);
	ck_assert_uint_eq(oldest_of("*.test"), 0);
	leave(3, false);
	leave(0, false);
	end();
	conf_unref(shared);
	stats_free();
}
END_TEST

static struct hosts_waiter waiters[8];

/* Has a ticket that waits be shown with that head. */
static void
show_head(unsigned i, const char *text, const char *user)
{
	struct ticket_shown shown = { .head = text,
	    .len = strlen(text), .method_len = strcspn(text, " "),
	    .user = user };

	hosts_show(hosts, &tickets[i], &shown);
}

static size_t
queue_of(const char *yaml, const char *text, const char *user)
{
	size_t all, several, n;

	start(yaml);
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "a.test", 2, "v"), HOSTS_WAIT);
	show_head(1, text, user);
	n = hosts_view_queue(hosts, "a.test", NOW, waiters, 8, &all, &several);
	ck_assert_uint_eq(all, 1);
	ck_assert_uint_eq(several, 1);
	leave(1, false);
	leave(0, false);
	end();
	stats_free();
	return n;
}

#define ONE(by)	"{defaults: {concurrency: 1, fair_by: " by "}}"

START_TEST(who_waits)
{
	ck_assert_uint_eq(queue_of(ONE("client"),
	    "GET /p/q?secret=1 HTTP/1.1\r\nX: v\r\n\r\n", NULL), 1);
	ck_assert_str_eq(waiters[0].said.client, "10.0.0.2");
	ck_assert_str_eq(waiters[0].said.method, "GET");
	ck_assert_str_eq(waiters[0].said.path, "/p/q");
	ck_assert_str_eq(waiters[0].part, "");
	ck_assert_uint_eq(queue_of(ONE("user"),
	    "POST / HTTP/1.1\r\n\r\n", "alice"), 1);
	ck_assert_str_eq(waiters[0].said.client, "alice");
	ck_assert_uint_eq(queue_of(ONE("'header:X'"),
	    "GET / HTTP/1.1\r\nXX: w\r\nx:  v\r\n\r\n", NULL), 1);
	ck_assert_str_eq(waiters[0].said.client, "v");
	/* nobody named himself: his address is what his turns are taken by */
	ck_assert_uint_eq(queue_of(ONE("'header:X'"), "GET / HTTP/1.1\r\n\r\n", NULL),
	    1);
	ck_assert_str_eq(waiters[0].said.client, "10.0.0.2");
	/* what may be a credential is never shown */
	ck_assert_uint_eq(queue_of(ONE("'header:Authorization'"),
	    "GET / HTTP/1.1\r\nAuthorization: Bearer hush\r\n\r\n", NULL), 1);
	ck_assert_int_eq(waiters[0].said.client[0], '#');
	ck_assert_uint_eq(strlen(waiters[0].said.client), 17);
	ck_assert_uint_eq(queue_of(ONE("'header:X-Api-Key'"),
	    "GET / HTTP/1.1\r\nX-Api-Key: hush\r\n\r\n", NULL), 1);
	ck_assert_int_eq(waiters[0].said.client[0], '#');
	/* a value that would move a cursor; one that is empty */
	ck_assert_uint_eq(queue_of(ONE("'header:X'"),
	    "GET / HTTP/1.1\r\nX: a\033[2Jb\r\n\r\n", NULL), 1);
	ck_assert_str_eq(waiters[0].said.client, "a?[2Jb");
	ck_assert_uint_eq(queue_of(ONE("'header:X'"), "GET / HTTP/1.1\r\nX:\r\n\r\n",
	    NULL), 1);
	ck_assert_int_eq(waiters[0].said.client[0], '#');
}
END_TEST

/* What is not shown whole is shown as far as it is there. */
START_TEST(who_waits_with_half_a_head)
{
	ck_assert_uint_eq(queue_of(ONE("'header:X'"), "GET", NULL), 1);
	ck_assert_str_eq(waiters[0].said.method, "");
	ck_assert_str_eq(waiters[0].said.path, "");
	ck_assert_uint_eq(queue_of(ONE("'header:X'"), "GET /p?q", NULL), 1);
	ck_assert_str_eq(waiters[0].said.method, "GET");
	ck_assert_str_eq(waiters[0].said.path, "");
	/* the field has no end: it is as if there was none */
	ck_assert_uint_eq(queue_of(ONE("'header:X'"), "GET /p HTTP/1.1\r\nX: v",
	    NULL), 1);
	ck_assert_str_eq(waiters[0].said.path, "/p");
	ck_assert_str_ne(waiters[0].said.client, "v");
}
END_TEST

/* One who waits for a part that the host has named, and one at IPv6. */
START_TEST(who_waits_for_a_part)
{
	struct lesson l = {
		.status = 429,
		.verdict = BUDGET_THROTTLED,
		.partial = true,
		.named = true,
		.part = { 7, 9 },
		.name = "the bucket",
		.method = { "GET", 3 },
		.path = { "/a", 2 },
		.pause = SECOND,
	};
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	size_t all, several;

	start("{hosts: {a.test: {paths: {/p: {concurrency: 1}}}}}");
	path_asked = (struct http1_str){ "/a", 2 };
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_uint_gt(hosts_learn(hosts, &tickets[0], &l, NOW), 0);
	ck_assert_int_eq(ask(1, "a.test", 1, NULL), HOSTS_WAIT);
	tickets[1].address = (struct sockaddr *)&six;
	path_asked = (struct http1_str){ "/p", 2 };
	ck_assert_int_eq(ask(2, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(3, "a.test", 1, NULL), HOSTS_WAIT);
	ck_assert_uint_eq(hosts_view_queue(hosts, "a.test", NOW, waiters, 8,
	    &all, &several), 2);
	ck_assert_str_eq(waiters[0].part, "the bucket");
	ck_assert_str_eq(waiters[0].said.client, "::1");
	ck_assert_str_eq(waiters[1].part, "/p");
	leave(3, false);
	leave(2, false);
	leave(1, false);
	leave(0, false);
	end();
	stats_free();
}
END_TEST

/* Each of many has a row, wherever its hash would have it stand. */
START_TEST(many_use)
{
	static struct hosts_user users[TICKETS];
	unsigned i;

	start("{defaults: {concurrency: 1000}}");
	for (i = 0; i < TICKETS; i++)
		ck_assert_int_le(ask(i, "a.test", i + 1, NULL), HOSTS_WAIT);
	ck_assert_uint_eq(hosts_view_users(hosts, "a.test", users, TICKETS),
	    TICKETS);
	for (i = 0; i < TICKETS; i++) {
		ck_assert_uint_eq(users[i].inflight + users[i].waiting, 1);
		ck_assert_int_ne(users[i].client[0], '\0');
		leave(i, false);
	}
	end();
	stats_free();
}
END_TEST

START_TEST(who_uses)
{
	struct hosts_user users[4];
	unsigned i;

	start("{defaults: {concurrency: 2}}");
	ck_assert_int_eq(ask(0, "a.test", 1, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(1, "a.test", 2, NULL), HOSTS_GO);
	ck_assert_int_eq(ask(2, "a.test", 2, NULL), HOSTS_WAIT);
	ck_assert_int_eq(ask(3, "a.test", 2, NULL), HOSTS_WAIT);
	ck_assert_uint_eq(hosts_view_users(hosts, "a.test", users, 4), 2);
	ck_assert_str_eq(users[0].client, "10.0.0.2");
	ck_assert_uint_eq(users[0].waiting, 2);
	ck_assert_uint_eq(users[0].inflight, 1);
	ck_assert_str_eq(users[1].client, "10.0.0.1");
	ck_assert_uint_eq(hosts_view_users(hosts, "a.test", users, 1), 1);
	ck_assert_uint_eq(hosts_view_users(hosts, "b.test", users, 4), 0);
	for (i = 4; i > 0; i--)
		leave(i - 1, false);
	end();
	stats_free();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hosts_view");
	TCase *tc = tcase_create("view");

	tcase_add_test(tc, pieces_of_a_table_that_changes);
	tcase_add_test(tc, one);
	tcase_add_test(tc, oldest);
	tcase_add_test(tc, who_waits);
	tcase_add_test(tc, who_waits_with_half_a_head);
	tcase_add_test(tc, who_waits_for_a_part);
	tcase_add_test(tc, who_uses);
	tcase_add_test(tc, many_use);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
