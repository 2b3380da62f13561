/* SPDX-License-Identifier: ISC */
#include "upstream/parent_tunnel.h"

#include <fcntl.h>
#include <openssl/ssl.h>

#include "check_parent_tunnel.h"
#include "check_run.h"
#include "check_self_signed.h"

/* A tunnel through a parent to which TLS is spoken: OpenSSL, in the test. */

#define UNVERIFIED	"  tls: {verify: false}\n"
#define OPEN		"HTTP/1.1 200 OK\r\n\r\n"

static SSL_CTX	*ctx;
static SSL	*ssl;		/* the parent's */

static void
set_up_tls(void)
{
	set_up();
	ctx = self_signed();
}

static void
tear_down_tls(void)
{
	SSL_free(ssl);
	ssl = NULL;
	tear_down();
	SSL_CTX_free(ctx);
}

/* The parent is there, and has not said anything yet. */
static void
connect_to(const char *parent, const char *more)
{
	begin("https", parent, more);
	take_peer();
	ck_assert_int_eq(fcntl(peer, F_SETFL, O_NONBLOCK), 0);
	ssl = SSL_new(ctx);
	ck_assert_int_eq(SSL_set_fd(ssl, peer), 1);
	SSL_set_accept_state(ssl);
}

/* Both go on until the parent is done, or it is over. */
static void
shake(void)
{
	while (ends() == 0 && SSL_do_handshake(ssl) != 1)
		turn();
}

static void
ask(void)
{
	char got[sizeof ASKED];
	int n;

	connect_to(UNVERIFIED, "");
	shake();
	while ((n = SSL_read(ssl, got, sizeof got)) <= 0)
		turn();
	ck_assert_int_eq(n, sizeof ASKED - 1);
	ck_assert_mem_eq(got, ASKED, sizeof ASKED - 1);
	ck_assert_uint_eq(told.asked, 1);
	ck_assert_uint_eq(ends(), 0);
}

static void
answer(const char *p)
{
	ck_assert_int_eq(SSL_write(ssl, p, (int)strlen(p)), (int)strlen(p));
}

static void
ck_taken(const char *rest)
{
	struct upstream_taken t;

	parent_tunnel_take(tunnel, &t);
	ck_assert_ptr_nonnull(t.tls);
	ck_assert_ptr_null(t.tls_below);
	ck_assert_uint_eq(t.len, strlen(rest));
	if (t.len > 0)
		ck_assert_mem_eq(t.rest, rest, t.len);
	upstream_taken_drop(&t);
}

START_TEST(opens)
{
	ask();
	answer(OPEN "hi");
	wait_end();
	ck_assert_uint_eq(told.open, 1);
	ck_assert(parent_tunnel_spoken(tunnel));
	ck_assert_int_eq(parent_tunnel_alert(tunnel), 0);
	ck_taken("hi");
}
END_TEST

/* What the host says first stays with the tunnel, and is told of once. */
START_TEST(hears)
{
	ask();
	answer(OPEN);
	wait_end();
	ck_assert(!parent_tunnel_spoken(tunnel));
	parent_tunnel_listen(tunnel);
	turn();
	ck_assert_uint_eq(told.heard, 0);	/* a ticket is not the host */
	answer("hello");
	wait_for(&told.heard);
	answer("more");
	turn();
	ck_assert_uint_eq(told.heard, 1);
	ck_assert(parent_tunnel_spoken(tunnel));
	ck_taken("hello");
}
END_TEST

START_TEST(hears_the_end)
{
	ask();
	answer(OPEN);
	wait_end();
	parent_tunnel_listen(tunnel);
	SSL_shutdown(ssl);
	wait_for(&told.heard);
	ck_assert(!parent_tunnel_spoken(tunnel));
	ck_taken("");
}
END_TEST

/* Whoever takes what is of no more use finds it cut off. */
START_TEST(hears_no_tls)
{
	struct upstream_taken t;
	char c;

	ask();
	answer(OPEN);
	wait_end();
	parent_tunnel_listen(tunnel);
	say("no record of TLS", 16);
	wait_for(&told.heard);
	parent_tunnel_take(tunnel, &t);
	ck_assert_int_eq(recv(t.fd, &c, 1, 0), 0);
	upstream_taken_drop(&t);
}
END_TEST

static const struct {
	const char	*said;
	bool		 in_order;
	const char	*why;
} cuts[] = {
	{ NULL, true, "nothing had come" },
	{ NULL, false, "nothing had come, cut off" },
	{ "HTTP/1.1 200", true, "in its head" },
	{ "HTTP/1.1 200", false, "in its head, cut off" },
};

START_TEST(closed)
{
	ask();
	if (cuts[_i].said != NULL)
		answer(cuts[_i].said);
	if (cuts[_i].in_order)
		SSL_shutdown(ssl);
	shutdown(peer, SHUT_WR);
	wait_end();
	ck_assert_uint_eq(told.e, FAILURE_CLOSED);
	ck_assert_str_eq(told.why, cuts[_i].why);
}
END_TEST

START_TEST(closed_in_handshake)
{
	connect_to(UNVERIFIED, "");
	shutdown(peer, SHUT_WR);
	wait_end();
	ck_assert_uint_eq(told.asked, 0);
	ck_assert_uint_eq(told.e, FAILURE_TLS_PROTOCOL);
	ck_assert_str_eq(told.why, "the parent closed the connection in the "
	    "TLS handshake");
}
END_TEST

START_TEST(no_tls)
{
	connect_to(UNVERIFIED, "");
	say(OPEN, sizeof OPEN - 1);
	wait_end();
	ck_assert_uint_eq(told.e, FAILURE_TLS_PROTOCOL);
	ck_assert_uint_eq(told.asked, 0);
}
END_TEST

/* Its own certificate, which nobody has signed. */
START_TEST(not_trusted)
{
	connect_to("", "");
	shake();
	wait_end();
	ck_assert_uint_eq(told.e, FAILURE_TLS_CERTIFICATE);
	ck_assert_uint_eq(told.asked, 0);
}
END_TEST

/* It wants a certificate that there is none of. */
START_TEST(alert)
{
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER |
	    SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	connect_to(UNVERIFIED, "");
	shake();
	wait_end();
	ck_assert_uint_eq(told.e, FAILURE_TLS_ALERT);
	ck_assert_int_eq(told.alert, SSL_AD_CERTIFICATE_REQUIRED);
}
END_TEST

START_TEST(times_out_in_handshake)
{
	connect_to(UNVERIFIED, "timeouts: {header: 20ms}\n");
	wait_end();
	ck_assert_uint_eq(told.e, FAILURE_TLS_TIMEOUT);
	ck_assert_uint_eq(told.asked, 0);
}
END_TEST

/* It is told inside TLS that nothing more comes. */
START_TEST(freed)
{
	char c;
	int n;

	ask();
	parent_tunnel_free(tunnel);
	tunnel = NULL;
	n = SSL_read(ssl, &c, 1);
	ck_assert_int_eq(SSL_get_error(ssl, n), SSL_ERROR_ZERO_RETURN);
	ck_assert_uint_eq(ends(), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("parent_tunnel_tls");
	TCase *tc = tcase_create("parent_tunnel_tls");

	tcase_add_checked_fixture(tc, set_up_tls, tear_down_tls);
	tcase_add_test(tc, opens);
	tcase_add_test(tc, hears);
	tcase_add_test(tc, hears_the_end);
	tcase_add_test(tc, hears_no_tls);
	ROWS(tc, closed, cuts);
	tcase_add_test(tc, closed_in_handshake);
	tcase_add_test(tc, no_tls);
	tcase_add_test(tc, not_trusted);
	tcase_add_test(tc, alert);
	tcase_add_test(tc, times_out_in_handshake);
	tcase_add_test(tc, freed);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
