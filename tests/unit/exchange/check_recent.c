/* SPDX-License-Identifier: ISC */
#include "exchange/recent.h"

#include <arpa/inet.h>
#include <string.h>

#include "check_run.h"
#include "exchange/exchange_state.h"

/* front_address() is this: no front is needed. */
static struct sockaddr *from;

const struct sockaddr *__wrap_front_address(const struct downstream *);

const struct sockaddr *
__wrap_front_address(const struct downstream *d)
{
	(void)d;
	return from;
}

#define ALL	4

static struct memory memory;
static struct exchanges all;
static struct rule rule;
static struct exchange x;
static struct recent_exchange list[ALL];
static struct recent_question question;
static unsigned answers;

static void
rung_cb(void *arg)
{
	(void)arg;
}

static void
answer_cb(struct recent_question *q)
{
	answers++;
	ck_assert_ptr_eq(q, &question);
}

static void
set_head(const char *text)
{
	text_reset(&x.head);
	text_puts(&x.head, text);
	x.method_len = (size_t)(strchr(text, ' ') - text);
}

static void
setup(void)
{
	memory_init(&memory, 1 << 20, SHARE_OFF);
	all = (struct exchanges){ 0 };
	all.loop = loop_new(0, &memory, rung_cb, NULL);
	ck_assert_ptr_nonnull(all.loop);
	all.recent = recent_new(ALL - 1);
	rule = (struct rule){ .name = "*.test", .series = 7 };
	x = (struct exchange){ .exchanges = &all, .ticket.rule = &rule };
	x.host = (struct http1_host){ .name = "a.test", .port = 80 };
	set_head("GET /a/b?key=secret HTTP/1.1\r\nCookie: secret\r\n\r\n");
	from = NULL;
	answers = 0;
	question = (struct recent_question){
		.from = all.loop,
		.answer = answer_cb,
		.list = list,
		.max = ALL,
	};
}

static void
teardown(void)
{
	text_free(&x.head);
	recent_free(all.recent);
	loop_free(all.loop);
	memory_destroy(&memory);
}

/* The question and its answer are delivered. */
static size_t
ask(void)
{
	unsigned i;

	recent_ask(&all, &question);
	for (i = 0; i < 10 && answers == 0; i++)
		event_base_loop(all.loop->base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(answers, 1);
	answers = 0;
	return question.n;
}

static void
note(unsigned i)
{
	x.status = (int)(100 * i);
	recent_note(&x, ACCESS_FORWARDED, NULL, NULL, i);
}

START_TEST(newest_first)
{
	unsigned i;

	ck_assert_uint_eq(ask(), 0);
	for (i = 1; i <= 5; i++)
		note(i);
	ck_assert_uint_eq(ask(), 3);
	ck_assert_int_eq(list[0].status, 500);
	ck_assert_int_eq(list[2].status, 300);
	question.max = 1;
	ck_assert_uint_eq(ask(), 1);
	ck_assert_int_eq(list[0].status, 500);
}
END_TEST

START_TEST(resized)
{
	unsigned i;

	for (i = 1; i <= 3; i++)
		note(i);
	all.recent = recent_resize(all.recent, 2);
	ck_assert_uint_eq(ask(), 2);
	ck_assert_int_eq(list[0].status, 300);
	all.recent = recent_resize(all.recent, 3);
	note(4);
	ck_assert_uint_eq(ask(), 3);
	ck_assert_int_eq(list[0].status, 400);
	ck_assert_int_eq(list[2].status, 200);
	all.recent = recent_resize(all.recent, 0);
	ck_assert_ptr_null(all.recent);
	note(5);
	ck_assert_uint_eq(ask(), 0);
	all.recent = recent_resize(all.recent, 2);
	note(6);
	ck_assert_uint_eq(ask(), 1);
}
END_TEST

/* Neither query nor fields are kept. */
START_TEST(without_secrets)
{
	const char *p = (const char *)list;
	size_t i;

	memset(list, 0, sizeof list);
	recent_note(&x, ACCESS_FORWARDED, NULL, NULL, 1);
	ck_assert_uint_eq(ask(), 1);
	ck_assert_str_eq(list[0].method, "GET");
	ck_assert_str_eq(list[0].path, "/a/b");
	ck_assert_str_eq(list[0].host, "a.test");
	ck_assert_uint_eq(list[0].series, 7);
	for (i = 0; i + 6 < sizeof list; i++)
		ck_assert_int_ne(memcmp(p + i, "secret", 6), 0);
}
END_TEST

START_TEST(cut)
{
	char text[600] = "GET /";

	memset(text + 5, 'x', 300);
	memcpy(text + 305, "?secret HTTP/1.1\r\n", 18);
	set_head(text);
	memset(x.host.name, 'h', sizeof x.host.name - 1);
	memset(text, 'r', 500);
	recent_note(&x, ACCESS_REFUSED, text, NULL, 1);
	/* nothing of a longer one before it is left */
	x.host = (struct http1_host){ .name = "a.test" };
	set_head("POST / HTTP/1.1\r\n");
	recent_note(&x, ACCESS_REFUSED, "no", NULL, 2);
	ck_assert_uint_eq(ask(), 2);
	ck_assert_uint_eq(strlen(list[1].path), RECENT_PATH - 1);
	ck_assert_uint_eq(strlen(list[1].host), RECENT_HOST - 1);
	ck_assert_uint_eq(strlen(list[1].reason), RECENT_REASON - 1);
	ck_assert_str_eq(list[0].host, "a.test");
	ck_assert_str_eq(list[0].path, "/");
	ck_assert_str_eq(list[0].reason, "no");
}
END_TEST

START_TEST(shared_rule)
{
	rule.shared = true;
	recent_note(&x, ACCESS_FORWARDED, NULL, NULL, 1);
	ck_assert_uint_eq(ask(), 1);
	ck_assert_str_eq(list[0].host, "*.test");
	ck_assert(list[0].shared);
}
END_TEST

START_TEST(tunnel_has_no_path)
{
	set_head("CONNECT a.test:443 HTTP/1.1\r\n");
	x.is_connect = true;
	recent_note(&x, ACCESS_TUNNEL, NULL, NULL, 1);
	ck_assert_uint_eq(ask(), 1);
	ck_assert_str_eq(list[0].method, "CONNECT");
	ck_assert_str_eq(list[0].path, "");
}
END_TEST

START_TEST(clients)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = 7 };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	recent_note(&x, ACCESS_FORWARDED, NULL, NULL, 1);
	from = (struct sockaddr *)&in;
	recent_note(&x, ACCESS_FORWARDED, NULL, NULL, 2);
	from = (struct sockaddr *)&in6;
	recent_note(&x, ACCESS_FORWARDED, NULL, NULL, 3);
	ck_assert_uint_eq(ask(), 3);
	ck_assert_mem_eq(&list[0].client, &in6, sizeof in6);
	ck_assert_mem_eq(&list[1].client, &in, sizeof in);
	ck_assert_int_eq(list[2].client.sin6_family, AF_UNSPEC);
}
END_TEST

START_TEST(refused_before_it_was_one)
{
	struct http1_head head = { 0 };

	rule.series = 3;
	recent_note(&x, ACCESS_FORWARDED, "why", NULL, 1);
	recent_note_refused(&all, NULL, &head, &rule, 431, "too large");
	ck_assert_uint_eq(ask(), 2);
	ck_assert_int_eq(list[0].status, 431);
	ck_assert_int_eq(list[0].outcome, ACCESS_REFUSED);
	ck_assert_str_eq(list[0].method, "");
	ck_assert_str_eq(list[0].host, "");
	ck_assert_str_eq(list[0].path, "");
	ck_assert_str_eq(list[0].reason, "too large");
	ck_assert_uint_eq(list[0].series, 3);
}
END_TEST

/* A thread that does not answer is asked no more. */
START_TEST(taken_back)
{
	recent_ask(&all, &question);
	ck_assert(recent_take_back(&question));
	ck_assert(!recent_take_back(&question));
	event_base_loop(all.loop->base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(answers, 0);
	ask();
	ck_assert(!recent_take_back(&question));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("recent");
	TCase *tc = tcase_create("recent");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, newest_first);
	tcase_add_test(tc, resized);
	tcase_add_test(tc, without_secrets);
	tcase_add_test(tc, cut);
	tcase_add_test(tc, shared_rule);
	tcase_add_test(tc, tunnel_has_no_path);
	tcase_add_test(tc, clients);
	tcase_add_test(tc, refused_before_it_was_one);
	tcase_add_test(tc, taken_back);
	return run_suite(suite);
}
