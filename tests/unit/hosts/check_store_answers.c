/* SPDX-License-Identifier: ISC */
#include "check_store.h"

#include "check_run.h"

/*
 * What a server says that is none, or means no good.  It is a process of its
 * own here, which answers as a row says.
 */

#define ROLE	"*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"
#define INFO	"$25\r\n# Server\r\nrun_id:abcdef\r\n\r\n"

#define WRITES ":1\r\n"
#define COMPILES_NOT "-ERR Error compiling script (new function): " \
	"user_script:1: unexpected symbol near '#'\r\n"

static int	 accepted;	/* a byte for each connection */
static const char *old;		/* what one before Redis 7 says to a write */
/* What it says to each word of a greeting; NULL: what is right. */
static struct greeting {
	const char	*auth, *select, *role, *probe, *info;
	size_t		 len;		/* of auth, where a NUL is in it; or 0 */
} says;
static char	 circle[64];	/* "it is at me" */

static inline void
send_all(int fd, const char *p, size_t n)
{
	(void)!write(fd, p, n);
}

static void
send_text(int fd, const char *text, const char *right)
{
	if (text == NULL)
		text = right;
	send_all(fd, text, strlen(text));
}

/* Bytes of a command that is there whole; 0: it is not. */
static size_t
command_length(const char *p, size_t have)
{
	const char *at = p, *end = p + have;
	unsigned long words, len;
	char *rest;

	for (words = 1; words > 0; words--) {
		if (memchr(at, '\n', (size_t)(end - at)) == NULL)
			return 0;
		len = strtoul(at + 1, &rest, 10);
		if (*at == '*')
			words += len;
		at = rest + 2 + (*at == '$' ? len + 2 : 0);
		if (at > end)
			return 0;
	}
	return (size_t)(at - p);
}

/* Whether that is its first word. */
static bool
is_command(const char *command, const char *word)
{
	const char *at = strchr(strchr(command, '\n') + 1, '\n') + 1;

	return strncmp(at, word, strlen(word)) == 0 && at[strlen(word)] == '\r';
}

static void
answer(int fd, const char *command, const char *to_script, size_t len)
{
	if (is_command(command, "AUTH") && says.len > 0)
		send_all(fd, says.auth, says.len);
	else if (is_command(command, "AUTH"))
		send_text(fd, says.auth, "+OK\r\n");
	else if (is_command(command, "SELECT"))
		send_text(fd, says.select, "+OK\r\n");
	else if (is_command(command, "ROLE"))
		send_text(fd, says.role, ROLE);
	else if (is_command(command, "INFO"))
		send_text(fd, says.info, INFO);
	else if (is_command(command, "SCRIPT"))
		send_text(fd, NULL, "$2\r\nab\r\n");
	else if (is_command(command, "EVALSHA"))
		send_all(fd, to_script, len);
	else if (strstr(command, "#!lua") != NULL)
		send_text(fd, says.probe, old != NULL ? COMPILES_NOT : WRITES);
	else if (strstr(command, "sluice:probe") != NULL)
		send_all(fd, old, strlen(old));
}

/* Serves one connection; without a greeting it says the same at once. */
static void
serve(int fd, bool greets, const char *bytes, size_t len, bool cuts)
{
	static char buf[65536];
	size_t have = 0, taken;
	ssize_t n;
	char next;

	if (!greets)
		send_all(fd, bytes, len);
	while (!cuts && (n = read(fd, buf + have, sizeof buf - 1 - have)) > 0) {
		if (!greets)
			continue;
		have += (size_t)n;
		while ((taken = command_length(buf, have)) > 0) {
			next = buf[taken];
			buf[taken] = '\0';
			answer(fd, buf, bytes, len);
			buf[taken] = next;
			memmove(buf, buf + taken, have -= taken);
		}
	}
	close(fd);
}

static int
start_fake(bool greets, const char *bytes, size_t len, bool cuts)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct server *s = new_server("fake");
	int fd = socket(AF_INET, SOCK_STREAM, 0), pipes[2];
	socklen_t size = sizeof in;

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
	ck_assert_int_eq(listen(fd, 16), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &size), 0);
	ck_assert_int_eq(pipe(pipes), 0);
	accepted = pipes[0];
	ck_assert_int_eq(fcntl(accepted, F_SETFL, O_NONBLOCK), 0);
	s->port = ntohs(in.sin_port);
	if (bytes == circle)
		len = (size_t)snprintf(circle, sizeof circle,
		    "-MOVED 1 :%d\r\n", s->port);
	s->pid = fork();
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		for (;;) {
			int c = accept(fd, NULL, NULL);

			send_all(pipes[1], "x", 1);
			serve(c, greets, bytes, len, cuts);
		}
	}
	close(fd);
	close(pipes[1]);
	return s->port;
}

static void
teardown(void)
{
	close_store();
	stop_servers();
	close(accepted);
}

static unsigned
count_accepted(void)
{
	static unsigned n;
	char byte;

	while (read(accepted, &byte, 1) == 1)
		n++;
	return n;
}

/* Servers that are none: told, and tried again. */

#define BYTES(s) s, sizeof(s) - 1
#define NEST	"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"

static char	 long_line[200000];

static const struct {
	const char	*bytes;
	size_t		 len;
	bool		 cuts;
	const char	*why;
} none[] = {
	{ BYTES(""), false, "no answer to a greeting in time" },
	{ BYTES(""), true, "closes the connection before it is ready" },
	{ BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), false, "no reply" },
	{ BYTES("SSH-2.0-OpenSSH\r\n"), false, "no reply" },
	{ BYTES("\x15\x03\x03\x00\x02\x02\x28"), false, "no reply" },
	{ BYTES("+OK\r\n+OK\r\n+OK\r\n+OK\r\n"), false, "role" },
	{ BYTES(">2\r\n+a\r\n+b\r\n"), false, "no reply" },
	{ BYTES("*1000000000\r\n"), false, "more than 256 parts" },
	{ BYTES("*2147483648\r\n"), false, "no reply" },
	{ BYTES("*-2\r\n"), false, "no reply" },
	{ BYTES("$-2\r\n"), false, "no reply" },
	{ BYTES("$9223372036854775807\r\n"), false, "in time" },
	{ BYTES(NEST), false, "arrays in arrays" },
	{ BYTES("-ERR hunter2 is no command\r\n"), false, "role (ERR)" },
	{ BYTES("-DENIED Redis is running in protected mode\r\n"), true,
	    "DENIED" },
	{ long_line, sizeof long_line, false, "more than 64 KiB" },
};

START_TEST(test_none)
{
	unsigned before = count_accepted();

	memset(long_line, 'x', sizeof long_line);
	memcpy(long_line, "$199990\r\n", 9);
	open_store("{redis: redis://127.0.0.1:%d, timeout: 100ms}",
	    start_fake(false, none[_i].bytes, none[_i].len, none[_i].cuts));
	TURN_UNTIL(lost == 1);
	ck_assert_msg(strstr(lost_why, none[_i].why) != NULL, "%s", lost_why);
	ck_assert_ptr_null(strstr(lost_why, "hunter2"));
	ask("a", &ten, &one);
	ck_assert(!last.ok);
	TURN_UNTIL(count_accepted() - before >= 3);
	ck_assert_uint_eq(lost, 1);
	ck_assert_uint_eq(connected, 0);
}
END_TEST

/* Answers to the script that are none, of servers that are. */

#define NUMBERS(now, serial, amount, again, begins, ends) \
	BYTES("*14\r\n$" now "\r\n$" serial "\r\n$" amount "\r\n$" again \
	"\r\n$1\r\n0\r\n$1\r\n1\r\n$1\r\n0\r\n$1\r\n0\r\n" \
	"$1\r\n0\r\n$1\r\n0\r\n$1\r\n0\r\n$" begins \
	"\r\n$" ends "\r\n$1\r\n0\r\n")
#define NOW	"16\r\n1795914114618961"
#define LATER	"16\r\n1795914114718961"
#define EARLIER	"16\r\n1795914114618960"
#define HUGE	"20\r\n18446744073709551615"

static const struct {
	const char	*bytes;
	size_t		 len;
	bool		 lost;		/* the connection, by that */
	bool		 ok;
} answered[] = {
	{ NUMBERS(NOW, "1\r\n0", "1\r\n0", LATER, "1\r\n0", "1\r\n0"), false,
	    true },
	{ NUMBERS(NOW, "1\r\n5", "7\r\n1000000", "1\r\n0", NOW, LATER), false,
	    true },
	/* more, and less, than was asked for */
	{ NUMBERS(NOW, "1\r\n5", "7\r\n1000001", "1\r\n0", NOW, LATER), false,
	    false },
	{ NUMBERS(NOW, "1\r\n5", "6\r\n999999", "1\r\n0", NOW, LATER), false,
	    false },
	{ NUMBERS(NOW, "1\r\n5", "7\r\n1000000", "1\r\n0", EARLIER, LATER),
	    false, false },
	{ NUMBERS(NOW, "1\r\n5", "7\r\n1000000", "1\r\n0", LATER, NOW), false,
	    false },
	{ NUMBERS(HUGE, "1\r\n5", "7\r\n1000000", "1\r\n0", NOW, LATER), false,
	    false },
	{ NUMBERS(NOW, HUGE, "7\r\n1000000", "1\r\n0", NOW, LATER), false,
	    false },
	{ NUMBERS(NOW, "2\r\n-5", "7\r\n1000000", "1\r\n0", NOW, LATER), false,
	    false },
	{ NUMBERS(NOW, "0\r\n", "7\r\n1000000", "1\r\n0", NOW, LATER), false,
	    false },
	{ NUMBERS(NOW, "3\r\n1.5", "7\r\n1000000", "1\r\n0", NOW, LATER), false,
	    false },
	{ NUMBERS(NOW, "3\r\nnan", "7\r\n1000000", "1\r\n0", NOW, LATER), false,
	    false },
	{ BYTES("*0\r\n"), false, false },
	{ BYTES("*-1\r\n"), false, false },
	{ BYTES("$-1\r\n"), false, false },
	{ BYTES(":1\r\n"), false, false },
	{ BYTES("+OK\r\n"), false, false },
	{ BYTES("*1\r\n*1\r\n:1\r\n"), false, false },
	{ BYTES("-ERR what\r\n"), false, false },
	{ BYTES("-MOVED\r\n"), false, false },
	{ BYTES("-MOVED 1\r\n"), false, false },
	{ BYTES("-MOVED 1 x\r\n"), false, false },
	{ BYTES("-MOVED 1 127.0.0.1:0\r\n"), false, false },
	{ BYTES("-MOVED 1 127.0.0.1:99999\r\n"), false, false },
	{ BYTES("-MOVED 1 a b:1\r\n"), false, false },
	{ BYTES("-MOVED 1 :1\r\n"), false, false },
	{ BYTES("-NOSCRIPT there is none\r\n"), true, false },
	{ BYTES("-READONLY it is a replica\r\n"), true, false },
	{ BYTES("-LOADING\r\n"), true, false },
	{ BYTES("-OOM command not allowed\r\n"), true, false },
	{ BYTES("-ERR Error running script: @user_script:1: -READONLY no\r\n"),
	    true, false },
	{ BYTES("*14\r\n:1\r\n"), true, false },
	{ BYTES("?\r\n"), true, false },
	{ BYTES("+a\r\n+b\r\n"), true, false },
	{ BYTES(""), true, false },
};

START_TEST(test_answered)
{
	open_store("{redis: redis://127.0.0.1:%d, timeout: %s}",
	    start_fake(true, answered[_i].bytes, answered[_i].len, false),
	    answered[_i].lost ? "300ms" : "5s");
	TURN_UNTIL(connected == 1);
	ask("a", &ten, &one);
	ck_assert_msg(last.ok == answered[_i].ok, "%s", last_why);
	ck_assert(last.ok == (last_why[0] == '\0'));
	if (answered[_i].lost)
		TURN_UNTIL(lost == 1);
	ck_assert_uint_eq(lost, answered[_i].lost);
}
END_TEST

/* The same, to what was asked about slots. */

#define LENT(now, number, slots, keeps, ends) \
	BYTES("*11\r\n$" now "\r\n$1\r\n" number "\r\n" slots keeps \
	"$1\r\n0\r\n$" ends "\r\n$1\r\n0\r\n$1\r\n1\r\n" \
	"$1\r\n0\r\n$1\r\n0\r\n$1\r\n0\r\n")

static const struct {
	const char	*bytes;
	size_t		 len;
	bool		 ok;
} lent[] = {
	{ LENT(NOW, "7", ":4\r\n", ":4\r\n", LATER), true },
	{ LENT(NOW, "7", ":0\r\n", ":0\r\n", "1\r\n0"), true },
	/* as many as it has told it holds */
	{ LENT(NOW, "7", ":6\r\n", ":0\r\n", LATER), true },
	{ LENT(NOW, "7", ":7\r\n", ":0\r\n", LATER), false },
	{ LENT(NOW, "7", ":3\r\n", ":4\r\n", LATER), false },
	{ LENT(NOW, "6", ":4\r\n", ":4\r\n", LATER), false },
	{ LENT(NOW, "7", ":4\r\n", ":4\r\n", EARLIER), false },
	{ LENT(NOW, "7", ":4294967297\r\n", ":0\r\n", LATER), false },
	{ LENT(NOW, "7", ":-4\r\n", ":0\r\n", LATER), false },
	{ LENT(HUGE, "7", ":4\r\n", ":4\r\n", LATER), false },
	{ NUMBERS(NOW, "1\r\n5", "7\r\n1000000", "1\r\n0", NOW, LATER),
	    false },
	{ BYTES("*0\r\n"), false },
	{ BYTES("-ERR what\r\n"), false },
};

START_TEST(test_lent)
{
	const struct lease_slots_question q = { .holder = 3, .number = 7,
		.limit = 4, .weight = 1, .holds = 6, .want = 8,
		.ttl = SECOND };
	const struct store_question question = { .budget = "a", .len = 1,
		.slots = &q };
	unsigned count = 0;

	open_store("{redis: redis://127.0.0.1:%d, timeout: 5s}",
	    start_fake(true, lent[_i].bytes, lent[_i].len, false));
	TURN_UNTIL(connected == 1);
	ck_assert(store_redis_ask(store, &question, answer_cb, &count));
	TURN_UNTIL(count > 0);
	ck_assert_msg(last.ok == lent[_i].ok, "%s", last_why);
	ck_assert_uint_eq(lost, 0);
}
END_TEST

/* One before Redis 7 is asked for a write, and by the first question, too. */
static const struct {
	const char	*says;
	const char	*why;		/* it is lost */
} olds[] = {
	{ ":0\r\n", NULL },
	{ "-MOVED 1 127.0.0.1:1\r\n", NULL },
	{ "-NOPERM no\r\n", NULL },
	{ "-NOREPLICAS no\r\n", "for want of replicas" },
	{ "-READONLY no\r\n", "it is a replica" },
	{ "-MISCONF no\r\n", "it cannot save" },
};

START_TEST(test_old)
{
	static const char answer[] = "-ERR what\r\n";

	old = olds[_i].says;
	open_store("{redis: redis://127.0.0.1:%d, timeout: 10s}",
	    start_fake(true, answer, sizeof answer - 1, false));
	old = NULL;
	if (olds[_i].why != NULL) {
		TURN_UNTIL(lost > 0);
		ck_assert_msg(strstr(lost_why, olds[_i].why) != NULL, "%s",
		    lost_why);
		return;
	}
	TURN_UNTIL(connected == 1);
	ask("a", &ten, &one);
	ck_assert_uint_eq(lost, 0);
}
END_TEST

#define ME	"127.0.0.1: "
#define NUL_BEFORE "-NOPE \0secret is wrong\r\n"

/* Who is greeted, and is not what it has to be: why, and no secret. */
static const struct {
	struct greeting	 greeting;
	const char	*why;
} greetings[] = {
	{ { .auth = "-WRONGPASS secret is wrong\r\n" },
	  "it refuses the password (WRONGPASS)" },
	{ { .auth = "-NOAUTH secret is wrong\r\n" },
	  "it refuses the password (NOAUTH)" },
	{ { .auth = "-ERR invalid password\r\n" },
	  "it refuses the password (ERR)" },
	{ { .auth = "-ERR Client sent AUTH, but none is set\r\n" },
	  "it refuses the password (ERR)" },
	{ { .auth = "-LOADING no\r\n" },
	  "it is loading what it has stored (LOADING)" },
	{ { .auth = "-ERR max number of clients reached\r\n" },
	  "ERR max number of clients reached" },
	{ { .auth = "-NOPE and why\r\n" }, "NOPE and why" },
	{ { .auth = "-secret is wrong\r\n" }, "it does not take AUTH" },
	{ { .auth = NUL_BEFORE, .len = sizeof NUL_BEFORE - 1 },
	  "it does not take AUTH" },
	{ { .auth = "+secret\r\n" }, "it does not take AUTH" },
	{ { .select = "-ERR DB index is out of range\r\n" },
	  "it has no such database (ERR)" },
	{ { .role = "-NOPERM no\r\n" }, "it does not tell its role (NOPERM)" },
	{ { .role = "*0\r\n" }, "it does not tell its role" },
	{ { .role = "+master\r\n" }, "it does not tell its role" },
	{ { .role = "*1\r\n$5\r\nslave\r\n" }, "it is a replica" },
	{ { .role = "*1\r\n$8\r\nsentinel\r\n" },
	  "it is no server of data" },
	{ { .probe = "-NOPERM no\r\n" },
	  "its user may not run scripts (NOPERM)" },
	{ { .probe = "-NOAUTH no\r\n" }, "it wants a password (NOAUTH)" },
	{ { .probe = "-BUSY no\r\n" }, "it is busy with a script (BUSY)" },
	{ { .probe = "-LOADING no\r\n" },
	  "it is loading what it has stored (LOADING)" },
	{ { .probe = "-MASTERDOWN no\r\n" },
	  "it is a replica without its master (MASTERDOWN)" },
	{ { .probe = "-OOM no\r\n" },
	  "it does not write, for want of memory (OOM)" },
	{ { .info = "-NOPERM no\r\n" },
	  "it does not tell its run_id (NOPERM)" },
	{ { .info = "$8\r\n# Server\r\n" }, "it does not tell its run_id" },
	{ { .info = "$11\r\n\nrun_id:xyz\r\n" },
	  "it does not tell its run_id" },
};

START_TEST(test_greeted)
{
	says = greetings[_i].greeting;
	open_store("{redis: \"redis://:secret@127.0.0.1:%d/5\", timeout: 2s}",
	    start_fake(true, "", 0, false));
	says = (struct greeting){ .auth = NULL };
	TURN_UNTIL(lost > 0);
	ck_assert_int_eq(strncmp(lost_why, ME, strlen(ME)), 0);
	ck_assert_str_eq(lost_why + strlen(ME), greetings[_i].why);
	ck_assert_uint_eq(connected, 0);
}
END_TEST

/* Who sends all away to himself is not followed for ever. */
START_TEST(test_moved_in_a_circle)
{
	open_store("{redis: redis://127.0.0.1:%d, timeout: 10s}",
	    start_fake(true, circle, 0, false));
	TURN_UNTIL(connected == 1);
	ask("a", &ten, &one);
	ck_assert(!last.ok);
	ck_assert_ptr_nonnull(strstr(last_why, "MOVED"));
	ck_assert_uint_eq(lost, 0);
}
END_TEST

/* A key that is on its way is asked for where it goes, this time. */
START_TEST(test_ask)
{
	static char told[64];
	struct server *real = start_server(NULL);
	unsigned i;

	snprintf(told, sizeof told, "-ASK 3999 127.0.0.1:%d\r\n", real->port);
	open_store("{redis: redis://127.0.0.1:%d, timeout: 10s}",
	    start_fake(true, told, strlen(told), false));
	TURN_UNTIL(connected == 1);
	for (i = 0; i < 3; i++) {
		ask("a", &ten, &one);
		ck_assert_msg(last.ok, "%s", last_why);
	}
	ck_assert_str_eq(redis_say(real, "DBSIZE"), ":2\r\n");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("store_answers");
	TCase *tc = tcase_create("answers");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_set_timeout(tc, 60);
	ROWS(tc, test_none, none);
	ROWS(tc, test_answered, answered);
	ROWS(tc, test_lent, lent);
	ROWS(tc, test_old, olds);
	ROWS(tc, test_greeted, greetings);
	tcase_add_test(tc, test_moved_in_a_circle);
	tcase_add_test(tc, test_ask);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
