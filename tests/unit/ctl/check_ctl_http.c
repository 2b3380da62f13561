/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check_run.h"
#include "ctl/ctl_http.h"

/*
 * The client, against a socket of the test's own.  It answers before it is
 * asked: the socket keeps both.
 */

#define MS	UINT64_C(1000000)

static char	 dir[] = "/tmp/check_ctl_http.XXXXXX";
static char	 path[64];
static int	 listener = -1;
static struct ctl_http *client;

static void
setup(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	snprintf(dir, sizeof dir, "/tmp/check_ctl_http.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/s", dir);
	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_ne(listener, -1);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, sizeof at),
	    0);
	ck_assert_int_eq(listen(listener, 5), 0);
	client = ctl_http_new();
	ck_assert_ptr_nonnull(client);
	ctl_http_deadline(client, ctl_http_now() + 10000 * MS);
}

static void
teardown(void)
{
	ctl_http_free(client);
	close(listener);
	unlink(path);
	rmdir(dir);
}

/* Connected, with the answer on its way; the test's end, or -1: it closed. */
static int
answered(const char *bytes, bool end)
{
	int fd;

	ck_assert_int_eq(ctl_http_connect(client, path), CTL_HTTP_DONE);
	fd = accept(listener, NULL, NULL);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, bytes, strlen(bytes)),
	    (ssize_t)strlen(bytes));
	if (end)
		ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	return fd;
}

static const struct {
	const char	*answer;
	enum ctl_http_result result;
	int		 status;
	const char	*type;
	const char	*body;
} answers[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", CTL_HTTP_DONE,
	  200, "", "{}" },
	{ "HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json; "
	  "charset=utf-8\r\nContent-Length: 0\r\n\r\n", CTL_HTTP_DONE, 404,
	  "application/problem+json", "" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX: y\r\n\r\n", CTL_HTTP_DONE, 200,
	  "", "abcde" },
	{ "HTTP/1.0 200 OK\r\n\r\nuntil the end", CTL_HTTP_DONE, 200, "",
	  "until the end" },
	{ "HTTP/1.1 204 No Content\r\n\r\n", CTL_HTTP_DONE, 204, "", "" },
	/* what is behind it was not asked for */
	{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}more",
	  CTL_HTTP_DONE, 200, "", "{}" },
	/* ended in the middle */
	{ "", CTL_HTTP_CUT, 0, "", "" },
	{ "HTTP/1.1 200 OK\r\nContent-Le", CTL_HTTP_CUT, 0, "", "" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", CTL_HTTP_CUT,
	  200, "", "{}" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
	  CTL_HTTP_CUT, 200, "", "ab" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
	  CTL_HTTP_CUT, 200, "", "" },
	/* something else */
	{ "SSH-2.0-OpenSSH_9.2p1\r\n\r\n", CTL_HTTP_FOREIGN, 0, "", "" },
	{ "220 mail ESMTP\r\n\r\n", CTL_HTTP_FOREIGN, 0, "", "" },
	{ "HTTP/1.1 200 OK\n\n", CTL_HTTP_FOREIGN, 0, "", "" },
	{ "HTTP/1.1 100 Continue\r\n\r\n", CTL_HTTP_FOREIGN, 0, "", "" },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
	  CTL_HTTP_FOREIGN, 200, "", "" },
};

START_TEST(answer)
{
	struct text body = { NULL, 0, 0, false };
	enum ctl_http_result result;
	struct http1_str type;
	int fd = answered(answers[_i].answer, true);

	result = ctl_http_ask(client, "GET", "/v1/status", NULL);
	if (result == CTL_HTTP_DONE) {
		ck_assert_int_eq(ctl_http_status(client), answers[_i].status);
		type = ctl_http_type(client);
		ck_assert(http1_str_equals(type, answers[_i].type));
		result = ctl_http_body(client, &body);
	}
	ck_assert_int_eq(result, answers[_i].result);
	ck_assert_uint_eq(body.len, strlen(answers[_i].body));
	if (body.len > 0)
		ck_assert_mem_eq(body.p, answers[_i].body, body.len);
	if (result != CTL_HTTP_DONE)
		ck_assert_uint_gt(strlen(ctl_http_error(client)), 0);
	text_free(&body);
	close(fd);
}
END_TEST

/* What it sends: with a body, and without. */
START_TEST(request)
{
	static const char want[] = "PUT /v1/log?x=1 HTTP/1.1\r\n"
	    "Host: localhost\r\nUser-Agent: sluice\r\nConnection: close\r\n"
	    "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
	int fd = answered("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	    false);
	char got[512];
	ssize_t n;

	ck_assert_int_eq(ctl_http_ask(client, "PUT", "/v1/log?x=1", "{}"),
	    CTL_HTTP_DONE);
	n = read(fd, got, sizeof got);
	ck_assert_int_eq(n, (ssize_t)strlen(want));
	ck_assert_mem_eq(got, want, (size_t)n);
	close(fd);
}
END_TEST

/* One that does not answer is waited for until the deadline, in any state. */
static const char *const late[] = {
	"",
	"HTTP/1.1 200 OK\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
};

START_TEST(hangs)
{
	struct text body = { NULL, 0, 0, false };
	enum ctl_http_result result;
	uint64_t began = ctl_http_now();
	int fd = answered(late[_i], false);

	ctl_http_deadline(client, began + 20 * MS);
	result = ctl_http_ask(client, "GET", "/", NULL);
	if (result == CTL_HTTP_DONE)
		result = ctl_http_body(client, &body);
	ck_assert_int_eq(result, CTL_HTTP_LATE);
	ck_assert_uint_ge(ctl_http_now() - began, 20 * MS);
	text_free(&body);
	close(fd);
}
END_TEST

/* Nobody is there; a path that no socket can have. */
START_TEST(absent)
{
	char name[200];

	unlink(path);
	ck_assert_int_eq(ctl_http_connect(client, path), CTL_HTTP_ABSENT);
	ck_assert_str_eq(ctl_http_error(client), strerror(ENOENT));
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	ck_assert_int_eq(ctl_http_connect(client, name), CTL_HTTP_ABSENT);
}
END_TEST

/* A head without an end is not kept whole. */
START_TEST(long_head)
{
	char *head = malloc(CTL_HTTP_HEAD * 2);
	size_t n, most = CTL_HTTP_HEAD * 2 - 1;
	int fd;

	n = (size_t)snprintf(head, most, "HTTP/1.1 200 OK\r\nX: ");
	memset(head + n, 'y', most - n);
	head[most] = '\0';
	fd = answered(head, true);
	ck_assert_int_eq(ctl_http_ask(client, "GET", "/", NULL),
	    CTL_HTTP_FOREIGN);
	free(head);
	close(fd);
}
END_TEST

/* Nor is a body, however long it says to be. */
START_TEST(long_body)
{
	static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
	static char piece[65536];
	struct text body = { NULL, 0, 0, false };
	enum ctl_http_result result;
	int fd = answered(head, false), status;
	size_t sent = 0;
	ssize_t n;
	pid_t pid;

	memset(piece, 'x', sizeof piece);
	signal(SIGPIPE, SIG_IGN);
	if ((pid = fork()) == 0) {
		while (sent <= CTL_HTTP_BODY && (n = write(fd, piece,
		    sizeof piece)) > 0)
			sent += (size_t)n;
		_exit(0);
	}
	close(fd);
	ck_assert_int_eq(ctl_http_ask(client, "GET", "/", NULL),
	    CTL_HTTP_DONE);
	result = ctl_http_body(client, &body);
	ck_assert_int_eq(result, CTL_HTTP_FOREIGN);
	ck_assert_uint_le(body.len, CTL_HTTP_BODY);
	ck_assert_ptr_nonnull(strstr(ctl_http_error(client), "more than"));
	text_free(&body);
	ctl_http_free(client);
	client = NULL;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
}
END_TEST

/* More than its socket keeps is sent as it is read, or not at all. */
START_TEST(long_request)
{
	size_t most = 4 << 20, n;
	char *text = malloc(most + 1);
	int fd, status;
	pid_t pid;

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', most);
	text[most] = '\0';
	fd = answered("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false);
	if (_i == 0) {
		/* nobody reads */
		ctl_http_deadline(client, ctl_http_now() + 20 * MS);
		ck_assert_int_eq(ctl_http_ask(client, "PUT", "/", text),
		    CTL_HTTP_LATE);
		free(text);
		close(fd);
		return;
	}
	if ((pid = fork()) == 0) {
		for (n = 0; n < most && (status = (int)read(fd, text, most)) >
		    0; n += (size_t)status)
			;
		_exit(n >= most ? 0 : 1);
	}
	close(fd);
	ck_assert_int_eq(ctl_http_ask(client, "PUT", "/", text),
	    CTL_HTTP_DONE);
	ck_assert_int_eq(ctl_http_status(client), 200);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	free(text);
}
END_TEST

/* Who has answered, and gone before all was sent, has answered. */
START_TEST(gone_before_the_end)
{
	size_t most = 4 << 20;
	char *text = malloc(most + 1);
	int fd, unread;

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', most);
	text[most] = '\0';
	fd = answered("HTTP/1.1 413 x\r\nContent-Length: 0\r\n\r\n", true);
	/* what is sent from now on fails */
	unread = shutdown(fd, SHUT_RD);
	ck_assert_int_eq(unread, 0);
	ck_assert_int_eq(ctl_http_ask(client, "PUT", "/", text),
	    CTL_HTTP_DONE);
	ck_assert_int_eq(ctl_http_status(client), 413);
	free(text);
	close(fd);
}
END_TEST

static Suite *
http_suite(void)
{
	Suite *suite = suite_create("ctl_http");
	TCase *tc = tcase_create("ctl_http");

	tcase_add_checked_fixture(tc, setup, teardown);
	ROWS(tc, answer, answers);
	tcase_add_test(tc, request);
	ROWS(tc, hangs, late);
	tcase_add_test(tc, absent);
	tcase_add_test(tc, long_head);
	tcase_add_test(tc, long_body);
	tcase_add_loop_test(tc, long_request, 0, 2);
	tcase_add_test(tc, gone_before_the_end);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(http_suite());
}
