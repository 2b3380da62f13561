/* SPDX-License-Identifier: ISC */
#include "net/stream.h"

#include <errno.h>

#include <event2/buffer.h>
#include <openssl/ssl.h>

#include "check_run.h"
#include "check_self_signed.h"
#include "check_stream.h"
#include "tls/tls.h"

/*
 * A stream that is TLS's server on one end of a socket pair; its peer at the
 * other is OpenSSL alone.
 */

#define MUCH	(1024 * 1024)	/* bytes: more than the socket takes */
#define MAX_ANSWERED ((size_t)4096)	/* bytes */

static SSL_CTX		*server_ctx, *client_ctx;
static SSL		*client, *inner;	/* the peer's; inner: in it */

static SSL *
new_client(BIO *bio)
{
	SSL *ssl = SSL_new(client_ctx);

	ck_assert_ptr_nonnull(ssl);
	ck_assert_ptr_nonnull(bio);
	SSL_set_bio(ssl, bio, bio);
	SSL_set_connect_state(ssl);
	return ssl;
}

static void
setup(void)
{
	server_ctx = self_signed();
	client_ctx = SSL_CTX_new(TLS_client_method());
	/* what is said is what a test has said */
	SSL_CTX_set_num_tickets(server_ctx, 0);
	open_stream(MUCH);
	client = new_client(BIO_new_socket(peer, BIO_NOCLOSE));
}

static void
teardown(void)
{
	close_stream();
	SSL_free(inner);
	SSL_free(client);
	inner = NULL;
	SSL_CTX_free(server_ctx);
	SSL_CTX_free(client_ctx);
}

static void
start_tls(struct evbuffer *early)
{
	struct tls *tls = tls_server(server_ctx, &loop->wire, stream.tls);

	ck_assert_ptr_nonnull(tls);
	stream_start_tls(&stream, tls, MAX_ANSWERED, early);
}

/* Has each side go on until both have done their part of the handshake. */
static void
shake(SSL *ssl)
{
	enum stream_io io;
	size_t n;
	int i;

	for (i = 0; i < 10 && (!tls_ready(stream.tls) ||
	    !SSL_is_init_finished(ssl)); i++) {
		(void)SSL_do_handshake(ssl);
		io = stream_receive(&stream, LOOP_SCRATCH, &n);
		ck_assert_int_eq(io, STREAM_NOTHING);
		ck_assert_uint_eq(n, 0);
		ck_assert_uint_eq(loop->wire.out_len, 0);
	}
	ck_assert(tls_ready(stream.tls));
	ck_assert(SSL_is_init_finished(ssl));
}

static void
secure(void)
{
	start_tls(NULL);
	shake(client);
}

static bool
send_bytes(const char *p, size_t n)
{
	struct iovec v = { .iov_base = (char *)(uintptr_t)p, .iov_len = n };

	return stream_send(&stream, &v, 1);
}

static void
tell(SSL *ssl, const char *text)
{
	int n = (int)strlen(text);

	ck_assert_int_eq(SSL_write(ssl, text, n), n);
}

/* The stream receives that. */
static void
ck_received(const char *text)
{
	size_t n;

	ck_assert_int_eq(stream_receive(&stream, LOOP_SCRATCH, &n),
	    STREAM_NOTHING);
	ck_assert_uint_eq(n, strlen(text));
	ck_assert_mem_eq(loop->scratch, text, n);
}

/* The peer does, as one record. */
static void
ck_told(SSL *ssl, const char *text)
{
	char buf[64];

	ck_assert_int_eq(SSL_read(ssl, buf, sizeof buf), (int)strlen(text));
	ck_assert_mem_eq(buf, text, strlen(text));
}

/* The stream's next receive tells that. */
static void
ck_io(enum stream_io want)
{
	size_t n;

	ck_assert_int_eq(stream_receive(&stream, LOOP_SCRATCH, &n), want);
	ck_assert_uint_eq(n, 0);
}

/* The peer reads an end in good order. */
static void
ck_closed(SSL *ssl)
{
	char c;
	int r = SSL_read(ssl, &c, 1);

	ck_assert_int_eq(SSL_get_error(ssl, r), SSL_ERROR_ZERO_RETURN);
}

START_TEST(both_ways)
{
	secure();
	tell(client, "hello");
	ck_received("hello");
	ck_io(STREAM_NOTHING);
	ck_assert(send_bytes("welcome", 7));
	ck_told(client, "welcome");
	ck_assert_uint_eq(stream_pending(&stream), 0);
	ck_assert_ptr_null(stream.out);
	turn();
	ck_assert_uint_eq(written, 0);
}
END_TEST

/* A byte at a time, and all at once. */
START_TEST(receives_any_piece)
{
	size_t n, total = 0;
	unsigned more = 0;

	secure();
	tell(client, "hello");
	while (stream_receive(&stream, 1, &n) == STREAM_ALL) {
		ck_assert_uint_eq(total, 0);
		total += n;
		more++;
	}
	ck_assert_uint_eq(total, 5);
	ck_assert_mem_eq(loop->scratch, "hello", 5);
	ck_assert_uint_gt(more, 5);
	while (SSL_write(client, data, 16384) > 0)
		continue;
	total = 0;
	while (stream_receive(&stream, SIZE_MAX, &n) == STREAM_ALL) {
		ck_assert_uint_le(n, LOOP_SCRATCH);
		total += n;
	}
	ck_assert_uint_gt(total, 16384);
}
END_TEST

/* What waits is encrypted, is counted, and comes out as it went in. */
START_TEST(keeps_the_rest)
{
	static char got[MUCH];
	int n = 0, r;

	secure();
	ck_assert(send_bytes(data, MUCH));
	ck_assert_uint_gt(stream_pending(&stream), 0);
	ck_assert_uint_gt(stream_pending(&stream) + stream.sent, MUCH);
	ck_assert_uint_ge(memory.used, stream_pending(&stream));
	while (n < MUCH) {
		if ((r = SSL_read(client, got + n, MUCH - n)) > 0)
			n += r;
		else
			turn();
	}
	ck_assert_mem_eq(got, data, MUCH);
	ck_assert_uint_gt(written, 0);
	ck_assert_uint_eq(stream_pending(&stream), 0);
}
END_TEST

START_TEST(ends_in_good_order)
{
	size_t n;

	secure();
	tell(client, "bye");
	SSL_shutdown(client);
	/* the last bytes and the end come together */
	ck_assert_int_eq(stream_receive(&stream, LOOP_SCRATCH, &n),
	    STREAM_END);
	ck_assert_uint_eq(n, 3);
	ck_assert_mem_eq(loop->scratch, "bye", 3);
	/* the other direction goes on */
	ck_assert(send_bytes("good bye", 8));
	ck_told(client, "good bye");
	shutdown(peer, SHUT_WR);
	ck_io(STREAM_END);
}
END_TEST

START_TEST(is_cut)
{
	secure();
	tell(client, "half a");
	shutdown(peer, SHUT_WR);
	ck_received("half a");
	ck_io(STREAM_CUT);
}
END_TEST

START_TEST(is_reset)
{
	secure();
	ck_assert(send_bytes("not read", 8));
	close(peer);
	peer = -1;
	ck_io(STREAM_RESET);
	ck_assert_int_eq(errno, ECONNRESET);
	ck_assert(!send_bytes("hello", 5));
	ck_assert(stream.broken);
	ck_assert(!stream_shut(&stream));
}
END_TEST

START_TEST(hears_no_tls)
{
	start_tls(NULL);
	ck_assert_int_eq(send(peer, "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
	ck_io(STREAM_TLS_FAILED);
	ck_assert_int_eq(tls_failure(stream.tls)->kind, TLS_PROTOCOL);
	ck_assert(!send_bytes("hello", 5));
	ck_assert_uint_eq(loop->wire.out_len, 0);
}
END_TEST

START_TEST(shuts)
{
	char c;

	secure();
	ck_assert(stream_shut(&stream));
	ck_closed(client);
	ck_assert_int_eq(recv(peer, &c, 1, 0), 0);
	/* the other direction goes on */
	tell(client, "hello");
	ck_received("hello");
}
END_TEST

/* Between others' bytes close_notify would be none. */
START_TEST(shuts_behind_what_waits)
{
	static char got[MUCH];
	int n = 0, r;

	secure();
	ck_assert(send_bytes(data, MUCH));
	ck_assert(stream_shut(&stream));
	while (stream_pending(&stream) > 0) {
		turn();
		if ((r = SSL_read(client, got + n, MUCH - n)) > 0)
			n += r;
	}
	ck_assert(stream_shut(&stream));
	while (n < MUCH) {
		r = SSL_read(client, got + n, MUCH - n);
		ck_assert_int_gt(r, 0);
		n += r;
	}
	ck_assert_mem_eq(got, data, MUCH);
	ck_closed(client);
	ck_assert_int_eq(recv(peer, got, 1, 0), 0);
}
END_TEST

/* A socket that is full takes close_notify later, and its end after that. */
START_TEST(shuts_when_it_can)
{
	char buf[4096];
	size_t junk = 0;
	ssize_t r;

	secure();
	while ((r = send(stream.fd, data, 1, MSG_DONTWAIT)) == 1)
		junk++;
	ck_assert(stream_shut(&stream));
	ck_assert_uint_gt(stream_pending(&stream), 0);
	while (junk > 0) {
		r = recv(peer, buf, junk < sizeof buf ? junk : sizeof buf, 0);
		ck_assert_int_gt(r, 0);
		junk -= (size_t)r;
	}
	turn();
	ck_assert_uint_eq(written, 1);
	ck_assert_uint_eq(stream_pending(&stream), 0);
	ck_assert_int_eq(recv(peer, buf, 1, MSG_PEEK), 1);
	ck_assert(stream_shut(&stream));
	ck_closed(client);
	ck_assert_int_eq(recv(peer, buf, 1, 0), 0);
}
END_TEST

/* Whoever closes says so, where nothing waits. */
START_TEST(closes_in_good_order)
{
	secure();
	stream_close(&stream);
	stream_close(&stream);
	ck_closed(client);
}
END_TEST

/* The socket and what TLS made of it are somebody else's: nothing is said. */
START_TEST(releases_in_silence)
{
	char c;
	int fd;

	secure();
	fd = stream_release(&stream);
	stream_close(&stream);
	ck_assert_int_eq(recv(peer, &c, 1, 0), -1);
	ck_assert_int_eq(errno, EAGAIN);
	close(fd);
}
END_TEST

/* It has TLS answer, and does not read the answers. */
START_TEST(gives_up_who_does_not_read)
{
	enum stream_io io = STREAM_NOTHING;
	size_t n;
	int i;

	secure();
	for (i = 0; i < 100000 && io == STREAM_NOTHING; i++) {
		SSL_key_update(client, SSL_KEY_UPDATE_REQUESTED);
		if (SSL_write(client, "x", 1) != 1)
			break;
		io = stream_receive(&stream, LOOP_SCRATCH, &n);
	}
	ck_assert_int_eq(io, STREAM_TLS_FAILED);
	ck_assert_uint_gt(stream_pending(&stream), MAX_ANSWERED);
	ck_assert_uint_lt(stream_pending(&stream), 2 * MAX_ANSWERED);
	ck_assert_str_eq(tls_failure(stream.tls)->text,
	    "the peer does not read");
	/* for good */
	ck_assert(!send_bytes("hello", 5));
}
END_TEST

/* What was sent may wait as long as it likes, answers beside it. */
START_TEST(keeps_who_reads_slowly)
{
	secure();
	ck_assert(send_bytes(data, MUCH));
	ck_assert_uint_gt(stream_pending(&stream), MAX_ANSWERED);
	tell(client, "hello");
	ck_received("hello");
	SSL_key_update(client, SSL_KEY_UPDATE_REQUESTED);
	tell(client, "hello again");
	ck_received("hello again");
}
END_TEST

#define BYTES	120	/* records of one byte, which the socket has room for */

/* So many come, with new keys for each or not; the most of them at a time. */
static size_t
receive_bytes(bool keys)
{
	size_t n, got, most = 0;
	int i;

	for (i = 0; i < BYTES; i++) {
		if (keys)
			SSL_key_update(client, SSL_KEY_UPDATE_NOT_REQUESTED);
		ck_assert_int_eq(SSL_write(client, "x", 1), 1);
	}
	for (got = 0; got < BYTES; got += n) {
		ck_assert_int_ne(stream_receive(&stream, LOOP_SCRATCH, &n),
		    STREAM_TLS_FAILED);
		ck_assert_uint_gt(n, 0);
		if (n > most)
			most = n;
	}
	return most;
}

/*
 * Records of a byte each are read a few at a time, so that others have their
 * turn, and fewer where keys change between them; whoever then sends large ones
 * is read in large pieces again.
 */
START_TEST(few_records_at_a_time)
{
	const size_t few = _i ? 7 : 65;
	size_t n;
	int i;

	secure();
	(void)receive_bytes(_i);
	for (i = 0; i < 3; i++)
		ck_assert_uint_le(receive_bytes(_i), few);
	for (i = 0; i < 20; i++) {
		ck_assert_int_eq(SSL_write(client, data, 16384), 16384);
		ck_assert_int_ne(stream_receive(&stream, LOOP_SCRATCH, &n),
		    STREAM_TLS_FAILED);
	}
	ck_assert_uint_ge(n, 16384);
}
END_TEST

/* Takes what the client has sent out of the stream's socket. */
static struct evbuffer *
take_early(void)
{
	struct evbuffer *early = evbuffer_new();
	char buf[8192];
	ssize_t n;

	n = recv(stream.fd, buf, sizeof buf, 0);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(evbuffer_add(early, buf, (size_t)n), 0);
	return early;
}

/* The loop says to receive until what was there before is used up. */
START_TEST(begins_with_early_bytes)
{
	size_t n, rounds = 0;

	stream_read(&stream, true);
	(void)SSL_do_handshake(client);
	start_tls(take_early());
	while (stream.early != NULL) {
		ck_assert(stream_is_due(&stream));
		turn();
		ck_assert_uint_eq(readable, ++rounds);
		ck_assert_int_ne(stream_receive(&stream, 100, &n),
		    STREAM_TLS_FAILED);
	}
	ck_assert_uint_gt(rounds, 2);
	ck_assert(!stream_is_due(&stream));
	shake(client);
	tell(client, "hello");
	ck_received("hello");
}
END_TEST

/* TLS inside TLS, whose first bytes came with the request for it. */
static void
secure_inside(void)
{
	struct evbuffer *early = evbuffer_new();
	BIO *bio = BIO_new(BIO_f_ssl());
	size_t n;

	secure();
	BIO_set_ssl(bio, client, BIO_NOCLOSE);
	inner = new_client(bio);
	(void)SSL_do_handshake(inner);
	ck_assert_int_eq(stream_receive(&stream, LOOP_SCRATCH, &n),
	    STREAM_NOTHING);
	ck_assert_uint_gt(n, 0);
	evbuffer_add(early, loop->scratch, n);
	start_tls(early);
	ck_io(STREAM_NOTHING);
	ck_assert_ptr_null(stream.early);
	shake(inner);
}

START_TEST(inside_of_tls)
{
	secure_inside();
	tell(inner, "hello");
	ck_received("hello");
	ck_assert(send_bytes("welcome", 7));
	ck_told(inner, "welcome");
}
END_TEST

/* Both are told, the inner one first. */
START_TEST(shuts_inside_of_tls)
{
	char c;

	secure_inside();
	ck_assert(stream_shut(&stream));
	ck_closed(inner);
	ck_closed(client);
	ck_assert_int_eq(recv(peer, &c, 1, 0), 0);
}
END_TEST

/* An end of the outer one alone cuts the inner one off. */
START_TEST(is_cut_inside_of_tls)
{
	secure_inside();
	SSL_shutdown(client);
	ck_io(STREAM_TLS_FAILED);
}
END_TEST

START_TEST(ends_inside_of_tls)
{
	secure_inside();
	SSL_shutdown(inner);
	ck_io(STREAM_END);
	ck_assert(send_bytes("welcome", 7));
	ck_told(inner, "welcome");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("stream_tls");
	TCase *tc = tcase_create("stream_tls");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, both_ways);
	tcase_add_test(tc, receives_any_piece);
	tcase_add_test(tc, keeps_the_rest);
	tcase_add_test(tc, ends_in_good_order);
	tcase_add_test(tc, is_cut);
	tcase_add_test(tc, is_reset);
	tcase_add_test(tc, hears_no_tls);
	tcase_add_test(tc, shuts);
	tcase_add_test(tc, shuts_behind_what_waits);
	tcase_add_test(tc, shuts_when_it_can);
	tcase_add_test(tc, closes_in_good_order);
	tcase_add_test(tc, releases_in_silence);
	tcase_add_test(tc, gives_up_who_does_not_read);
	tcase_add_test(tc, keeps_who_reads_slowly);
	tcase_add_loop_test(tc, few_records_at_a_time, 0, 2);
	tcase_add_test(tc, begins_with_early_bytes);
	tcase_add_test(tc, inside_of_tls);
	tcase_add_test(tc, shuts_inside_of_tls);
	tcase_add_test(tc, is_cut_inside_of_tls);
	tcase_add_test(tc, ends_inside_of_tls);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
