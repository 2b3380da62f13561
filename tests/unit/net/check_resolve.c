/* SPDX-License-Identifier: ISC */
#include "net/resolve.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "check_run.h"
#include "base/log.h"
#include "conf/conf.h"
#include "conf/conf_parse.h"
#include "http/http1_host.h"
#include "net/loop.h"
#include "net/resolve_system.h"

/*
 * Names, with a name server in the same loop: what a want of memory or of a
 * watch leaves behind, and whose turn it is.
 */

#define NAMES	64

static struct loop	 loop;
static struct resolver	*resolver;
static struct conf	*conf;
static int		 server = -1;
static struct event	 server_ev;
static unsigned		 questions;
static char		 asked[NAMES + 1];	/* their first letters */
static bool		 silent;
static bool		 changed;	/* the system's settings */
static unsigned		 fail_add, fail_alloc;	/* the nth fails; 0: none */

uint64_t
loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

void
log_info(const char *format, ...)
{
	(void)format;
}

bool
resolve_system_changed(struct resolve_system *s)
{
	bool is = changed;

	(void)s;
	changed = false;
	return is;
}

/* The linker has the sources that are tested call these. */

int	 __real_event_add(struct event *, const struct timeval *);
int	 __wrap_event_add(struct event *, const struct timeval *);
void	*__real_calloc(size_t, size_t);
void	*__wrap_calloc(size_t, size_t);

int
__wrap_event_add(struct event *ev, const struct timeval *tv)
{
	if (fail_add > 0 && --fail_add == 0)
		return -1;
	return __real_event_add(ev, tv);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	if (fail_alloc > 0 && --fail_alloc == 0)
		return NULL;
	return __real_calloc(n, size);
}

/* Answers 127.0.0.1 for an hour, and that there is nothing else. */
static void
server_cb(evutil_socket_t fd, short what, void *arg)
{
	static const unsigned char answer[] = {
		0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 127, 0, 0, 1,
	};
	unsigned char buf[512 + sizeof answer];
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	ssize_t n;

	(void)what;
	(void)arg;
	n = recvfrom(fd, buf, 512, 0, (struct sockaddr *)&from, &len);
	if (n < 17)
		return;
	if (questions < NAMES)
		asked[questions] = (char)buf[13];
	questions++;
	if (silent)
		return;
	buf[2] = 0x81;
	buf[3] = 0x80;
	memset(buf + 6, 0, 6);
	if (buf[n - 3] == 1) {		/* an A */
		buf[7] = 1;
		memcpy(buf + n, answer, sizeof answer);
		n += (ssize_t)sizeof answer;
	}
	(void)!sendto(fd, buf, (size_t)n, 0, (struct sockaddr *)&from, len);
}

static void
start(const char *limits)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof in;
	char *cause = NULL, *yaml = NULL;

	server = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(server, (struct sockaddr *)&in, len), 0);
	ck_assert_int_eq(getsockname(server, (struct sockaddr *)&in, &len), 0);
	ck_assert_int_gt(asprintf(&yaml, "{resolver: \"127.0.0.1:%u\", "
	    "limits: {%s}}", ntohs(in.sin_port), limits), 0);
	conf = conf_parse("test", yaml, strlen(yaml), &cause);
	ck_assert_msg(conf != NULL, "%s", cause);
	free(yaml);
	questions = 0;
	memset(asked, 0, sizeof asked);
	silent = false;
	memset(&loop, 0, sizeof loop);
	loop.base = event_base_new();
	event_assign(&server_ev, loop.base, server, EV_READ | EV_PERSIST,
	    server_cb, NULL);
	event_add(&server_ev, NULL);
	resolver = resolver_new(&loop, conf);
	ck_assert_ptr_nonnull(resolver);
}

static void
end(void)
{
	resolver_free(resolver);
	event_del(&server_ev);
	event_base_free(loop.base);
	close(server);
	conf_unref(conf);
}

/* Those who ask */

static struct asker {
	struct resolve		*query;
	struct sockaddr_in	 client;
	bool			 told;
	enum resolve_result	 result;
	size_t			 n;
} askers[NAMES];

static void
told_cb(void *arg, enum resolve_result result,
    const struct sockaddr_storage *list, size_t n)
{
	struct asker *a = arg;

	ck_assert(!a->told);
	a->told = true;
	a->query = NULL;
	a->result = result;
	a->n = n;
	if (n > 0)
		ck_assert_int_eq(((const struct sockaddr_in *)list)->sin_port,
		    htons(80));
}

static struct asker *
ask(unsigned i, const char *name, unsigned client)
{
	struct asker *a = &askers[i];
	struct http1_host host;
	struct resolve *q;

	memset(a, 0, sizeof *a);
	ck_assert_int_eq(http1_host_parse(&host, name, strlen(name)),
	    HTTP1_OK);
	host.port = 80;
	a->client.sin_family = AF_INET;
	a->client.sin_addr.s_addr = htonl(0x7f000000 + client);
	q = resolve_name(resolver, &host, (struct sockaddr *)&a->client,
	    told_cb, a);
	a->query = a->told ? NULL : q;
	return a;
}

/* Runs the loop until that one is told. */
static enum resolve_result
wait_for(const struct asker *a)
{
	uint64_t until = loop_now() + 20000000000ULL;

	while (!a->told && loop_now() < until)
		event_base_loop(loop.base, EVLOOP_ONCE);
	ck_assert(a->told);
	return a->result;
}

/* Until so many questions came; of each name there are two. */
static void
wait_questions(unsigned n)
{
	uint64_t until = loop_now() + 20000000000ULL;

	while (questions < n && loop_now() < until)
		event_base_loop(loop.base, EVLOOP_ONCE);
	ck_assert_uint_ge(questions, n);
}

/* One cannot be watched, or has no memory: that one fails, and none after. */
static void
fail_once(unsigned *what, unsigned n)
{
	enum resolve_result result;

	start("");
	*what = n;
	result = wait_for(ask(0, "first.test", 1));
	*what = 0;
	ck_assert(result == RESOLVE_OK || result == RESOLVE_NO_MEMORY);
	ck_assert_int_eq(wait_for(ask(1, "second.test", 1)), RESOLVE_OK);
	ck_assert_int_eq(wait_for(ask(2, "first.test", 1)), RESOLVE_OK);
	end();
}

START_TEST(no_watch)
{
	fail_once(&fail_add, (unsigned)_i);
}
END_TEST

START_TEST(no_memory)
{
	fail_once(&fail_alloc, (unsigned)_i);
}
END_TEST

START_TEST(known_at_once)
{
	struct asker *a;

	start("");
	ck_assert_int_eq(wait_for(ask(0, "a.test", 1)), RESOLVE_OK);
	ck_assert_uint_eq(questions, 2);
	a = ask(1, "a.test", 2);
	ck_assert(a->told && a->result == RESOLVE_OK && a->n == 1);
	a = ask(2, "x.localhost", 2);
	ck_assert(a->told && a->result == RESOLVE_OK && a->n == 2);
	ck_assert_uint_eq(questions, 2);
	end();
}
END_TEST

/* Which is seen by the next one that is asked for, be it known or not. */
START_TEST(the_system_changes)
{
	start("");
	wait_for(ask(0, "a.test", 1));
	wait_for(ask(1, "b.test", 1));
	ck_assert_uint_eq(questions, 4);
	changed = true;
	ck_assert_int_eq(wait_for(ask(2, "a.test", 1)), RESOLVE_OK);
	ck_assert(!changed);
	ck_assert_uint_eq(questions, 6);
	ck_assert(ask(3, "a.test", 1)->told);
	ck_assert_int_eq(wait_for(ask(4, "b.test", 1)), RESOLVE_OK);
	ck_assert_uint_eq(questions, 8);
	end();
}
END_TEST

/* So is what is asked by then, whoever sees it: it is asked again at once. */
START_TEST(the_system_changes_meanwhile)
{
	static const char *const next[] = { "b.test", "a.test" };

	start("");
	silent = true;
	ask(0, "a.test", 1);
	resolve_cancel(ask(1, "idle.test", 1)->query);
	wait_questions(4);
	changed = true;
	silent = false;
	ask(2, next[_i], 2);
	ck_assert(!changed);
	ck_assert_int_eq(wait_for(&askers[0]), RESOLVE_OK);
	ck_assert_int_eq(wait_for(&askers[2]), RESOLVE_OK);
	/* not idle.test, which nobody waits for */
	ck_assert_str_eq(asked, _i == 0 ? "aaiiaabb" : "aaiiaa");
	end();
}
END_TEST

/* And where nobody asks for anything else it is looked for. */
START_TEST(the_system_changes_and_nobody_asks)
{
	start("");
	silent = true;
	ask(0, "a.test", 1);
	wait_questions(2);
	changed = true;
	silent = false;
	ck_assert_int_eq(wait_for(&askers[0]), RESOLVE_OK);
	ck_assert(!changed);
	end();
}
END_TEST

/* What still comes from there counts no more, nor is it remembered. */
START_TEST(the_system_changes_before_the_answer)
{
	start("");
	ask(0, "a.test", 1);
	wait_questions(1);
	ck_assert(!askers[0].told);
	changed = true;
	ask(1, "b.test", 1);
	ck_assert_int_eq(wait_for(&askers[0]), RESOLVE_OK);
	ck_assert_int_eq(wait_for(&askers[1]), RESOLVE_OK);
	ck_assert_str_eq(asked, "aaaabb");
	ck_assert(ask(2, "a.test", 1)->told);
	end();
}
END_TEST

/*
 * What cannot be asked for again leaves its place to who waits for one; and who
 * has waited is asked for by the settings of then.
 */
START_TEST(the_system_changes_in_a_queue)
{
	char name[16];
	unsigned i;

	start("lookups: 4");
	silent = true;
	for (i = 0; i < 4; i++) {
		snprintf(name, sizeof name, "held%u.test", i);
		ask(i, name, 1 + i);
	}
	wait_questions(8);
	ask(4, "waits.test", 5);
	changed = true;
	fail_alloc = 1;		/* held0's lookup */
	ask(5, "held1.test", 6);
	ck_assert_uint_eq(fail_alloc, 0);
	ck_assert_int_eq(wait_for(&askers[0]), RESOLVE_NO_MEMORY);
	ck_assert_int_eq(resolve_give_up(askers[4].query), RESOLVE_ASKED);
	ask(6, "good.test", 7);
	ask(7, "next.test", 8);
	silent = false;
	changed = true;
	resolve_cancel(askers[2].query);
	ck_assert(!changed);
	ck_assert_int_eq(wait_for(&askers[1]), RESOLVE_OK);
	ck_assert_int_eq(wait_for(&askers[3]), RESOLVE_OK);
	for (i = 5; i < 8; i++)
		ck_assert_int_eq(wait_for(&askers[i]), RESOLVE_OK);
	end();
}
END_TEST

/* A quarter of the places is a client's; others' questions go on. */
START_TEST(share_of_places)
{
	char name[16];
	unsigned i;

	start("lookups: 8");
	silent = true;
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "n%u.test", i);
		ask(i, name, 1);
	}
	wait_questions(4);
	silent = false;
	ck_assert_int_eq(wait_for(ask(20, "good.test", 2)), RESOLVE_OK);
	ck_assert_uint_eq(questions, 6);
	/* one for which all its places are taken joins another's lookup */
	silent = true;
	ask(21, "slow.test", 2);
	wait_questions(8);
	ask(22, "slow.test", 1);
	ck_assert_int_eq(resolve_give_up(askers[22].query), RESOLVE_ASKED);
	ck_assert_int_eq(resolve_give_up(askers[19].query), RESOLVE_QUEUED);
	/* whoever leaves makes place for the next of its own */
	silent = false;
	resolve_cancel(askers[0].query);
	ck_assert_int_eq(wait_for(&askers[2]), RESOLVE_OK);
	ck_assert_int_eq(wait_for(&askers[18]), RESOLVE_OK);
	resolve_cancel(askers[1].query);
	resolve_cancel(askers[21].query);
	end();
}
END_TEST

/* With all places taken clients take turns for those that get free. */
START_TEST(turns)
{
	char name[16];
	unsigned i;

	start("lookups: 4");
	silent = true;
	for (i = 0; i < 4; i++) {
		snprintf(name, sizeof name, "held%u.test", i);
		ask(i, name, 1 + i);
	}
	wait_questions(8);
	for (i = 4; i < 14; i++) {
		snprintf(name, sizeof name, "n%u.test", i);
		ask(i, name, 10);
	}
	ask(14, "good.test", 11);
	silent = false;
	resolve_cancel(askers[0].query);	/* client 10's first */
	ck_assert_int_eq(wait_for(&askers[14]), RESOLVE_OK);
	ck_assert(askers[4].told);
	ck_assert(!askers[6].told);
	ck_assert_int_eq(wait_for(&askers[13]), RESOLVE_OK);
	for (i = 1; i < 4; i++)
		resolve_cancel(askers[i].query);
	end();
}
END_TEST

/* What is being asked is asked again, of whom the new one names. */
START_TEST(reload)
{
	static const char elsewhere[] = "{resolver: \"127.0.0.1:1\"}";
	struct conf *old, *new;
	char *cause = NULL;
	unsigned i;

	start("lookups: 4");
	silent = true;
	for (i = 0; i < 6; i++)
		ask(i, i < 3 ? "a.test" : "b.test", 1);
	wait_questions(2);
	resolve_cancel(askers[0].query);
	old = conf;
	new = conf_parse("test", elsewhere, strlen(elsewhere), &cause);
	ck_assert_ptr_nonnull(new);
	fail_alloc = (unsigned)_i;
	resolver_reload(resolver, new);
	fail_alloc = 0;
	silent = false;
	resolver_reload(resolver, old);
	for (i = 1; i < 6; i++)
		wait_for(&askers[i]);
	ck_assert(askers[5].result == RESOLVE_OK ||
	    askers[5].result == RESOLVE_NO_MEMORY);
	ck_assert_int_eq(wait_for(ask(6, "c.test", 1)), RESOLVE_OK);
	end();
	conf_unref(new);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("resolve");
	TCase *tc = tcase_create("resolve");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, no_watch, 1, 12);
	tcase_add_loop_test(tc, no_memory, 1, 12);
	tcase_add_test(tc, known_at_once);
	tcase_add_test(tc, the_system_changes);
	tcase_add_loop_test(tc, the_system_changes_meanwhile, 0, 2);
	tcase_add_test(tc, the_system_changes_and_nobody_asks);
	tcase_add_test(tc, the_system_changes_before_the_answer);
	tcase_add_test(tc, the_system_changes_in_a_queue);
	tcase_add_test(tc, share_of_places);
	tcase_add_test(tc, turns);
	tcase_add_loop_test(tc, reload, 0, 5);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
