/* SPDX-License-Identifier: ISC */
#include "upstream/parent_tunnel.h"

#include "check_parent_tunnel.h"
#include "check_run.h"

/* A tunnel through a parent to which no TLS is spoken. */

#define LIMITS	"limits: {head: 1KiB, fields: 4}\n"
#define OPEN	"HTTP/1.1 200 Connection established\r\n\r\n"

enum end { OPENS, REFUSED, FAILS };

/* What a parent answers, and what that is. */
static const struct {
	const char	*answer;
	enum end	 end;
	int		 status;	/* of a refusal */
	enum failure	 e;
	const char	*told;		/* why; or what the host has said */
} answers[] = {
	{ OPEN, OPENS, 0, 0, "" },
	{ OPEN "SSH-2.0-x\r\n", OPENS, 0, 0, "SSH-2.0-x\r\n" },
	{ OPEN OPEN, OPENS, 0, 0, OPEN },
	{ "HTTP/1.0 299 \r\n\r\n", OPENS, 0, 0, "" },
	/* RFC 9110 9.3.6: such fields say nothing there */
	{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", OPENS, 0, 0,
	    "hi" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	    OPENS, 0, 0, "0\r\n\r\n" },
	{ "HTTP/1.1 204 No Content\r\n\r\n", OPENS, 0, 0, "" },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n"
	    "Link: x\r\n\r\n" OPEN "hi", OPENS, 0, 0, "hi" },
	{ "HTTP/1.1 300 Choose\r\n\r\n", REFUSED, 300, 0, NULL },
	{ "HTTP/1.1 407 Proxy Authentication Required\r\n"
	    "Content-Length: 2\r\n\r\nno", REFUSED, 407, 0, NULL },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 502 Bad Gateway\r\n\r\n",
	    REFUSED, 502, 0, NULL },
	{ "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", FAILS, 0,
	    FAILURE_MALFORMED, "unsolicited 101" },
	{ "SSH-2.0-x\r\n\r\n", FAILS, 0, FAILURE_MALFORMED, NULL },
	{ "HTTP/2 200 OK\r\n\r\n", FAILS, 0, FAILURE_MALFORMED, NULL },
	{ "HTTP/1.1 20 OK\r\n\r\n", FAILS, 0, FAILURE_MALFORMED, NULL },
	{ "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", FAILS, 0,
	    FAILURE_MALFORMED, NULL },
	{ "HTTP/1.1 200 OK\r\na: 1\r\nb: 2\r\nc: 3\r\nd: 4\r\n\r\n", OPENS, 0,
	    0, "" },
	{ "HTTP/1.1 200 OK\r\na: 1\r\nb: 2\r\nc: 3\r\nd: 4\r\ne: 5\r\n\r\n",
	    FAILS, 0, FAILURE_TOO_LARGE, NULL },
};

static void
ask(void)
{
	char got[sizeof ASKED];

	take_peer();
	wait_for(&told.asked);
	ck_assert_int_eq(recv(peer, got, sizeof got, 0), sizeof ASKED - 1);
	ck_assert_mem_eq(got, ASKED, sizeof ASKED - 1);
	turn();
	ck_assert_uint_eq(told.asked, 1);
}

/* Answers in pieces. */
static void
answer(const char *p, size_t step)
{
	size_t n, len = strlen(p);

	for (; len > 0; p += n, len -= n) {
		n = len < step ? len : step;
		say(p, n);
		turn();
	}
}

/* It stands, and those are the host's first bytes. */
static void
ck_open(const char *rest)
{
	struct upstream_taken t;

	ck_assert_uint_eq(told.open, 1);
	ck_assert(parent_tunnel_spoken(tunnel) == (rest[0] != '\0'));
	parent_tunnel_take(tunnel, &t);
	ck_assert_ptr_null(t.tls);
	ck_assert_ptr_null(t.tls_below);
	ck_assert_uint_eq(t.len, strlen(rest));
	ck_assert_mem_eq(t.rest, rest, t.len);
	ck_assert_int_eq(send(t.fd, "taken", 5, 0), 5);
	upstream_taken_drop(&t);
}

static void
ck_answer(int i, size_t step)
{
	begin("http", "", LIMITS);
	ask();
	answer(answers[i].answer, step);
	wait_end();
	ck_assert_uint_eq(told.heard, 0);
	switch (answers[i].end) {
	case OPENS:
		/* all of them: they may have come in pieces */
		if (step > strlen(answers[i].answer))
			ck_open(answers[i].told);
		break;
	case REFUSED:
		ck_assert_int_eq(told.status, answers[i].status);
		break;
	case FAILS:
		ck_assert_uint_eq(told.failed, 1);
		ck_assert_uint_eq(told.e, answers[i].e);
		ck_assert_int_eq(told.alert, 0);
		if (answers[i].told != NULL)
			ck_assert_str_eq(told.why, answers[i].told);
		break;
	}
}

START_TEST(whole_answer)
{
	ck_answer(_i, 4096);
}
END_TEST

START_TEST(answer_in_bytes)
{
	ck_answer(_i, 1);
}
END_TEST

/* A head of the most bytes, and one of one more. */
START_TEST(long_head)
{
	static const char start[] = "HTTP/1.1 200 OK\r\nA: ";
	char text[1024 + 2];
	size_t more;

	for (more = 0; more < 2; more++) {
		if (more > 0) {
			tear_down();
			set_up();
		}
		memset(text, 'x', sizeof text);
		memcpy(text, start, sizeof start - 1);
		memcpy(text + 1020 + more, "\r\n\r\n", 5);
		begin("http", "", LIMITS);
		ask();
		answer(text, 4096);
		wait_end();
		ck_assert_uint_eq(told.open, more == 0);
	}
	ck_assert_uint_eq(told.e, FAILURE_TOO_LARGE);
}
END_TEST

/* All interim ones together may be as long as one head. */
START_TEST(many_interim)
{
	int i;

	begin("http", "", LIMITS);
	ask();
	for (i = 0; i < 40; i++)
		answer("HTTP/1.1 100 Continue\r\n\r\n", 4096);
	turn();
	ck_assert_uint_eq(ends(), 0);
	answer("HTTP/1.1 100 Continue\r\n\r\n" OPEN, 4096);
	wait_end();
	ck_assert_uint_eq(told.e, FAILURE_TOO_LARGE);
	ck_assert_str_eq(told.why, "interim answers beyond limits.head");
}
END_TEST

/* Whoever is told may read another head in the loop's place for one. */
START_TEST(fails_once)
{
	begin("http", "", LIMITS);
	ask();
	next_status = 200;
	answer("HTTP/1.1 101 Switching Protocols\r\n\r\n" OPEN, 4096);
	wait_end();
	ck_assert_str_eq(told.why, "unsolicited 101");
}
END_TEST

/* How a parent ends it instead of an answer. */
static const struct {
	const char	*said;
	bool		 resets;
	const char	*why;
} cuts[] = {
	{ "", false, "nothing had come" },
	{ "HTTP/1.1 200 OK\r\n", false, "in its head" },
	{ "HTTP/1.1 100 Continue\r\n\r\n", false, "nothing had come" },
	{ "", true, "nothing had come, Connection reset by peer" },
	{ "HTTP/1.1 200", true, "in its head, Connection reset by peer" },
};

START_TEST(closed)
{
	const struct linger hard = { .l_onoff = 1 };

	begin("http", "", LIMITS);
	ask();
	answer(cuts[_i].said, 4096);
	if (cuts[_i].resets)
		setsockopt(peer, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	close(peer);
	peer = -1;
	wait_end();
	ck_assert_uint_eq(told.e, FAILURE_CLOSED);
	ck_assert_str_eq(told.why, cuts[_i].why);
}
END_TEST

/* However slowly it goes on, an answer has its time. */
START_TEST(times_out)
{
	begin("http", "", "timeouts: {response: 20ms}\n");
	ask();
	answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200", 4096);
	wait_end();
	ck_assert_uint_eq(told.e, FAILURE_TIMEOUT);
}
END_TEST

static unsigned	 passed;

static void
passed_cb(void *arg)
{
	(void)arg;
	passed++;
}

/* ... and what stands is not ended by that time. */
START_TEST(stands_for_long)
{
	struct deadline later;

	begin("http", "", "timeouts: {response: 20ms}\n");
	ask();
	deadline_init(&later, loop, passed_cb, NULL);
	deadline_set(&later, loop_now() + 40000000);
	answer(OPEN, 4096);
	wait_end();
	passed = 0;
	wait_for(&passed);
	deadline_free(&later);
	ck_assert_uint_eq(told.open, 1);
	ck_assert_uint_eq(told.failed, 0);
	ck_open("");
}
END_TEST

START_TEST(nobody_there)
{
	nobody = true;
	begin("http", "", "");
	wait_end();
	ck_assert_uint_eq(told.e, FAILURE_REFUSED);
}
END_TEST

START_TEST(no_memory_to_ask)
{
	begin("http", "", "");
	without_memory = true;
	take_peer();
	wait_end();
	ck_assert_uint_eq(told.e, FAILURE_NO_MEMORY);
}
END_TEST

/* What stands tells of the host's bytes once, and leaves them unread. */
START_TEST(heard)
{
	struct upstream_taken t;
	char got[4];

	begin("http", "", "");
	ask();
	answer(OPEN, 4096);
	wait_end();
	say("hi", 2);
	turn();
	ck_assert_uint_eq(told.heard, 0);
	parent_tunnel_listen(tunnel);
	wait_for(&told.heard);
	say("!", 1);
	turn();
	ck_assert_uint_eq(told.heard, 1);
	ck_assert(!parent_tunnel_spoken(tunnel));
	parent_tunnel_take(tunnel, &t);
	ck_assert_uint_eq(t.len, 0);
	ck_assert_int_eq(recv(t.fd, got, 4, 0), 3);
	ck_assert_mem_eq(got, "hi!", 3);
	upstream_taken_drop(&t);
}
END_TEST

START_TEST(heard_of_the_end)
{
	struct upstream_taken t;
	char c;

	begin("http", "", "");
	ask();
	answer(OPEN, 4096);
	wait_end();
	parent_tunnel_listen(tunnel);
	shutdown(peer, SHUT_WR);
	wait_for(&told.heard);
	parent_tunnel_take(tunnel, &t);
	ck_assert_int_eq(recv(t.fd, &c, 1, 0), 0);
	upstream_taken_drop(&t);
}
END_TEST

/* Whatever it is at, ending it has the parent see an end, and tells nothing. */
static const enum { DIALLING, ASKED_ALREADY, IN_HEAD, STANDS } points[] = {
	DIALLING, ASKED_ALREADY, IN_HEAD, STANDS,
};

START_TEST(freed_at)
{
	unsigned before;
	char c;

	begin("http", "", "");
	if (points[_i] == DIALLING)
		take_peer();
	else
		ask();
	if (points[_i] == IN_HEAD)
		answer("HTTP/1.1 200", 4096);
	if (points[_i] == STANDS) {
		answer(OPEN, 4096);
		wait_end();
	}
	before = ends();
	parent_tunnel_free(tunnel);
	parent_tunnel_free(tunnel);	/* once more changes nothing */
	tunnel = NULL;
	ck_assert_int_eq(recv(peer, &c, 1, 0), 0);
	turn();
	ck_assert_uint_eq(ends(), before);
}
END_TEST

/* Whoever is told of it may end it right there. */
#define SWITCHES "HTTP/1.1 101 Switching Protocols\r\n\r\n"
static const char	*last_words[] = {
	OPEN, "HTTP/1.1 403 Forbidden\r\n\r\n", "nonsense\r\n\r\n",
	SWITCHES, (SWITCHES OPEN),
};

START_TEST(freed_when_told)
{
	char c;

	frees = true;
	begin("http", "", "");
	ask();
	answer(last_words[_i], 4096);
	wait_end();
	tunnel = NULL;
	ck_assert_int_le(recv(peer, &c, 1, 0), 0);
}
END_TEST

START_TEST(freed_without)
{
	parent_tunnel_free(NULL);
	begin("http", "", "");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("parent_tunnel");
	TCase *tc = tcase_create("parent_tunnel");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	ROWS(tc, whole_answer, answers);
	ROWS(tc, answer_in_bytes, answers);
	tcase_add_test(tc, long_head);
	tcase_add_test(tc, many_interim);
	tcase_add_test(tc, fails_once);
	ROWS(tc, closed, cuts);
	tcase_add_test(tc, times_out);
	tcase_add_test(tc, stands_for_long);
	tcase_add_test(tc, nobody_there);
	tcase_add_test(tc, no_memory_to_ask);
	tcase_add_test(tc, heard);
	tcase_add_test(tc, heard_of_the_end);
	ROWS(tc, freed_at, points);
	ROWS(tc, freed_when_told, last_words);
	tcase_add_test(tc, freed_without);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
