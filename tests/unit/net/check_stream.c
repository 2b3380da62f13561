/* SPDX-License-Identifier: ISC */
#include "net/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>

#include "check_run.h"
#include "check_stream.h"

#define MUCH	(4 * 1024 * 1024)	/* bytes: more than the socket takes */

static bool	 cannot_watch;

/* The linker has the sources that are tested call this. */
int	 __real_event_add(struct event *, const struct timeval *);
int	 __wrap_event_add(struct event *, const struct timeval *);

int
__wrap_event_add(struct event *ev, const struct timeval *tv)
{
	return cannot_watch ? -1 : __real_event_add(ev, tv);
}

static void
setup(void)
{
	cannot_watch = false;
	open_stream(MUCH);
}

static bool
send_text(const char *text)
{
	struct iovec v = {
		.iov_base = (char *)(uintptr_t)text,
		.iov_len = strlen(text),
	};

	return stream_send(&stream, &v, 1);
}

/* Sends all of the data, in pieces: the socket takes some of the second. */
static bool
send_much(void)
{
	struct iovec v[3] = {
		{ data, 100 },
		{ data + 100, MUCH / 2 },
		{ data + 100 + MUCH / 2, MUCH - 100 - MUCH / 2 },
	};

	return stream_send(&stream, v, 3);
}

START_TEST(sends_at_once)
{
	char buf[16];

	ck_assert(send_text("hello"));
	ck_assert_uint_eq(stream_pending(&stream), 0);
	ck_assert_uint_eq(stream.sent, 5);
	ck_assert_int_eq(recv(peer, buf, sizeof buf, 0), 5);
	ck_assert_mem_eq(buf, "hello", 5);
	turn();
	ck_assert_uint_eq(written, 0);
}
END_TEST

/* What waits goes out in order, is counted, and is told as it goes. */
START_TEST(keeps_the_rest)
{
	static char got[MUCH + 16];
	size_t n = 0;
	ssize_t r;

	ck_assert(send_much());
	ck_assert_uint_gt(stream_pending(&stream), 0);
	ck_assert_uint_eq(stream_pending(&stream) + stream.sent, MUCH);
	ck_assert_uint_ge(memory.used, stream_pending(&stream));
	ck_assert(send_text("the end"));
	while (n < MUCH + 7) {
		r = recv(peer, got + n, sizeof got - n, 0);
		if (r > 0)
			n += (size_t)r;
		else
			ck_assert_int_eq(errno, EAGAIN);
		turn();
	}
	ck_assert_mem_eq(got, data, MUCH);
	ck_assert_mem_eq(got + MUCH, "the end", 7);
	ck_assert_uint_gt(written, 0);
	ck_assert_uint_eq(stream_pending(&stream), 0);
	ck_assert_ptr_null(stream.out);
	ck_assert_uint_eq(stream.sent, MUCH + 7);
}
END_TEST

START_TEST(breaks_at_once)
{
	close(peer);
	peer = -1;
	ck_assert(!send_text("hello"));
	ck_assert(stream.broken);
	ck_assert(!send_text("hello"));
	ck_assert(!stream_shut(&stream));
}
END_TEST

/* Told by and by, and nothing waits any more. */
START_TEST(breaks_later)
{
	ck_assert(send_much());
	close(peer);
	peer = -1;
	turn();
	ck_assert_uint_eq(written, 1);
	ck_assert(stream.broken);
	ck_assert_uint_eq(stream_pending(&stream), 0);
	ck_assert_uint_eq(memory.used, 0);
}
END_TEST

START_TEST(receives)
{
	size_t n;

	ck_assert_int_eq(stream_receive(&stream, 10, &n), STREAM_NOTHING);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(send(peer, "hello world", 11, 0), 11);
	ck_assert_int_eq(stream_receive(&stream, 5, &n), STREAM_ALL);
	ck_assert_uint_eq(n, 5);
	ck_assert_mem_eq(loop->scratch, "hello", 5);
	ck_assert_int_eq(stream_receive(&stream, 50, &n), STREAM_NOTHING);
	ck_assert_uint_eq(n, 6);
	shutdown(peer, SHUT_WR);
	ck_assert_int_eq(stream_receive(&stream, 50, &n), STREAM_END);
	ck_assert_uint_eq(n, 0);
	/* the other direction goes on */
	ck_assert(send_text("bye"));
}
END_TEST

/* The stream's end of a connection by TCP; its peer is the other one. */
static void
use_tcp(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&in, len), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&in, &len),
	    0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&in, len), 0);
	if (peer != -1)
		close(peer);
	peer = accept(listener, NULL, NULL);
	ck_assert_int_ne(peer, -1);
	close(listener);
	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	close(stream_release(&stream));
	stream_free(&stream);
	stream_open(&stream, loop, fd, &events, &stream);
}

static void
await(int fd, short what)
{
	struct pollfd p = { .fd = fd, .events = what };

	ck_assert_int_eq(poll(&p, 1, 10000), 1);
}

/* What has been read by a peer that ends: and what only came too late for it. */
START_TEST(knows_what_arrived)
{
	size_t n;
	char buf[8];

	use_tcp();
	ck_assert(send_text("GET"));
	ck_assert_int_eq(recv(peer, buf, sizeof buf, 0), 3);
	close(peer);
	peer = -1;
	await(stream.fd, POLLRDHUP);
	ck_assert_int_eq(stream_receive(&stream, 50, &n), STREAM_END);
	ck_assert(stream_arrived(&stream));
	use_tcp();
	close(peer);
	peer = -1;
	await(stream.fd, POLLRDHUP);
	ck_assert(send_text("GET"));
	/* its reset */
	await(stream.fd, POLLERR);
	ck_assert_int_eq(stream_receive(&stream, 50, &n), STREAM_END);
	ck_assert(!stream_arrived(&stream));
}
END_TEST

/* A peer that does not read has no room at last, and takes it by its reset. */
START_TEST(knows_what_is_on_its_way)
{
	size_t n;

	use_tcp();
	ck_assert_uint_eq(stream_unacked(&stream), 0);
	while (stream_pending(&stream) == 0) {
		struct iovec v = { .iov_base = data, .iov_len = 65536 };

		ck_assert(stream_send(&stream, &v, 1));
	}
	ck_assert_uint_gt(stream_unacked(&stream), 0);
	close(peer);
	peer = -1;
	await(stream.fd, POLLERR);
	ck_assert_uint_eq(stream_unacked(&stream), 0);
	ck_assert_int_eq(stream_receive(&stream, 50, &n), STREAM_RESET);
}
END_TEST

/* However large a size is asked for, it fits in the scratch. */
START_TEST(receives_what_fits)
{
	size_t n, total = 0;

	while (send(peer, data, 65536, 0) > 0)
		continue;
	while (stream_receive(&stream, SIZE_MAX, &n) == STREAM_ALL) {
		ck_assert_uint_eq(n, LOOP_SCRATCH);
		ck_assert_mem_eq(loop->scratch, data, 64);
		total += n;
	}
	ck_assert_uint_gt(total, 0);
}
END_TEST

START_TEST(reads_on_and_off)
{
	ck_assert_int_eq(send(peer, "x", 1, 0), 1);
	turn();
	ck_assert_uint_eq(readable, 0);
	stream_read(&stream, true);
	stream_read(&stream, true);
	ck_assert(!stream_is_due(&stream));
	turn();
	ck_assert_uint_eq(readable, 1);
	stream_read(&stream, false);
	turn();
	ck_assert_uint_eq(readable, 1);
	/* also what was due already is not told any more */
	stream_read(&stream, true);
	stream_read_again(&stream);
	ck_assert(stream_is_due(&stream));
	stream_read(&stream, false);
	ck_assert(!stream_is_due(&stream));
	turn();
	ck_assert_uint_eq(readable, 1);
}
END_TEST

START_TEST(shuts)
{
	char c;

	ck_assert(stream_shut(&stream));
	ck_assert_int_eq(recv(peer, &c, 1, 0), 0);
	ck_assert_int_eq(send(peer, "x", 1, 0), 1);
}
END_TEST

/* The socket outlives the stream, for whoever takes it. */
START_TEST(releases)
{
	int fd;
	char c;

	stream_read(&stream, true);
	ck_assert(send_much());
	fd = stream_release(&stream);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(stream_release(&stream), -1);
	ck_assert_uint_eq(memory.used, 0);
	ck_assert_int_eq(send(peer, "x", 1, 0), 1);
	ck_assert_int_eq(recv(fd, &c, 1, 0), 1);
	turn();
	ck_assert_uint_eq(readable + written, 0);
	close(fd);
}
END_TEST

/* Whoever reads is told by and by, and finds that it is of no more use. */
START_TEST(cannot_be_watched)
{
	size_t n;

	ck_assert_int_eq(send(peer, "x", 1, 0), 1);
	cannot_watch = true;
	stream_read(&stream, true);
	ck_assert_uint_eq(readable, 0);
	turn();
	ck_assert_uint_eq(readable, 1);
	ck_assert_int_eq(stream_receive(&stream, 10, &n), STREAM_RESET);
	ck_assert_int_eq(errno, ENOMEM);
	ck_assert_uint_eq(n, 0);
}
END_TEST

/* What would have to wait cannot. */
START_TEST(cannot_wait_for_room)
{
	cannot_watch = true;
	ck_assert(!send_much());
	ck_assert(stream.broken);
	ck_assert_uint_eq(memory.used, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("stream");
	TCase *tc = tcase_create("stream");

	tcase_add_checked_fixture(tc, setup, close_stream);
	tcase_add_test(tc, sends_at_once);
	tcase_add_test(tc, keeps_the_rest);
	tcase_add_test(tc, breaks_at_once);
	tcase_add_test(tc, breaks_later);
	tcase_add_test(tc, receives);
	tcase_add_test(tc, knows_what_arrived);
	tcase_add_test(tc, knows_what_is_on_its_way);
	tcase_add_test(tc, receives_what_fits);
	tcase_add_test(tc, reads_on_and_off);
	tcase_add_test(tc, shuts);
	tcase_add_test(tc, releases);
	tcase_add_test(tc, cannot_be_watched);
	tcase_add_test(tc, cannot_wait_for_room);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
