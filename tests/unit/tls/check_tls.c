/* SPDX-License-Identifier: ISC */
#include "tls/tls.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "check_run.h"
#include "tls/tls_session.h"

/* Two ends, joined by buffers of the test. */

#define BIG	(100 * 1024)
#define GOT	(4 * BIG)

struct end {
	struct tls_wire	 wire;
	struct tls	*tls;
	char		*got;		/* what it has read; GOT bytes */
	size_t		 len;
	enum tls_result	 result;
};

struct pair {
	struct end	 client;
	struct end	 server;
	size_t		 step;		/* bytes carried at a time */
};

static SSL_CTX *server_ctx, *client_ctx;
static EVP_PKEY *key;
static X509 *certificate;

static void
add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	ck_assert_ptr_nonnull(ext);
	ck_assert_int_eq(X509_add_ext(x, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

static void
make_certificate(const char *names)
{
	X509_NAME *name;

	key = EVP_EC_gen("P-256");
	certificate = X509_new();
	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_set_pubkey(certificate, key);
	name = X509_get_subject_name(certificate);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(certificate, name);
	if (names != NULL)
		add_extension(certificate, NID_subject_alt_name, names);
	ck_assert_int_gt(X509_sign(certificate, key, EVP_sha256()), 0);
}

static void
set_up_for(const char *names)
{
	make_certificate(names);
	server_ctx = SSL_CTX_new(TLS_server_method());
	client_ctx = SSL_CTX_new(TLS_client_method());
	ck_assert_int_eq(SSL_CTX_use_cert_and_key(server_ctx, certificate,
	    key, NULL, 1), 1);
	SSL_CTX_set_session_cache_mode(server_ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(client_ctx, SSL_VERIFY_PEER, NULL);
	ck_assert_int_eq(X509_STORE_add_cert(SSL_CTX_get_cert_store(
	    client_ctx), certificate), 1);
	tls_sessions_watch(client_ctx);
}

static void
set_up(void)
{
	set_up_for("DNS:api.example, IP:192.0.2.1");
}

static void
tear_down(void)
{
	SSL_CTX_free(server_ctx);
	SSL_CTX_free(client_ctx);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void
join(struct pair *p, const char *name, bool is_address)
{
	memset(p, 0, sizeof *p);
	p->step = SIZE_MAX;
	p->client.tls = tls_client(client_ctx, &p->client.wire, NULL, name,
	    is_address);
	p->server.tls = tls_server(server_ctx, &p->server.wire, NULL);
	ck_assert_ptr_nonnull(p->client.tls);
	ck_assert_ptr_nonnull(p->server.tls);
}

static void
part(struct pair *p)
{
	tls_free(p->client.tls);
	tls_free(p->server.tls);
	tls_wire_free(&p->client.wire);
	tls_wire_free(&p->server.wire);
	free(p->client.got);
	free(p->server.got);
}

/* Check tells its parent of each assertion: too slow for one a byte. */
static void
must(bool ok)
{
	if (!ok)
		ck_abort();
}

static void
take(struct end *e, const char *bytes, size_t n)
{
	size_t plain;

	if (e->got == NULL)
		e->got = malloc(GOT);
	must(e->len + n + TLS_RECORD <= GOT);
	e->result = tls_read(e->tls, bytes, n, e->got + e->len, n + TLS_RECORD,
	    &plain);
	must(e->result != TLS_OK || e->wire.in_len == 0);
	e->len += plain;
}

/* Carries what one has to send to the other; false when it has nothing. */
static bool
carry(struct end *from, struct end *to, size_t step)
{
	size_t n = from->wire.out_len, off, take_n;
	char *bytes;

	if (n == 0)
		return false;
	bytes = malloc(n);
	memcpy(bytes, from->wire.out, n);
	from->wire.out_len = 0;
	for (off = 0; off < n; off += take_n) {
		take_n = n - off < step ? n - off : step;
		if (to->result == TLS_OK)
			take(to, bytes + off, take_n);
	}
	free(bytes);
	return true;
}

/* Until neither has anything to say. */
static void
exchange_bytes(struct pair *p)
{
	bool more = true;

	while (more) {
		more = carry(&p->client, &p->server, p->step);
		more = carry(&p->server, &p->client, p->step) || more;
	}
}

static void
shake(struct pair *p)
{
	take(&p->client, NULL, 0);
	exchange_bytes(p);
}

static char *
pattern(size_t n)
{
	char *p = malloc(n);
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (char)(i * 7 + i / 253);
	return p;
}

static void
say(struct end *e, const char *p, size_t n)
{
	struct iovec v = { .iov_base = (char *)(uintptr_t)p, .iov_len = n };

	ck_assert(tls_write(e->tls, &v, 1));
}

static void
check_both_ways(struct pair *p)
{
	char *data = pattern(BIG);

	say(&p->client, data, BIG);
	say(&p->server, data, BIG / 2);
	exchange_bytes(p);
	ck_assert_uint_eq(p->server.len, BIG);
	ck_assert_mem_eq(p->server.got, data, BIG);
	ck_assert_uint_eq(p->client.len, BIG / 2);
	ck_assert_mem_eq(p->client.got, data, BIG / 2);
	free(data);
}

START_TEST(carries)
{
	static const size_t steps[] = { SIZE_MAX, 1, 2, 5, 1000, 16384 };
	struct pair p;

	join(&p, "api.example", false);
	p.step = steps[_i];
	shake(&p);
	ck_assert(tls_ready(p.client.tls) && tls_ready(p.server.tls));
	check_both_ways(&p);
	part(&p);
}
END_TEST

START_TEST(takes_an_address)
{
	struct pair p;

	join(&p, "192.0.2.1", true);
	shake(&p);
	ck_assert(tls_ready(p.client.tls));
	part(&p);
	join(&p, "192.0.2.2", true);
	shake(&p);
	ck_assert_int_eq(p.client.result, TLS_FAILED);
	ck_assert_str_eq(tls_failure(p.client.tls)->text,
	    "IP address mismatch");
	part(&p);
}
END_TEST

START_TEST(closes)
{
	struct pair p;

	join(&p, "api.example", false);
	shake(&p);
	say(&p.client, "bye", 3);
	tls_close(p.client.tls);
	exchange_bytes(&p);
	ck_assert_int_eq(p.server.result, TLS_CLOSED);
	ck_assert(tls_ended(p.server.tls) && !tls_ended(p.client.tls));
	ck_assert_uint_eq(p.server.len, 3);
	/* the other direction is still open (RFC 8446 6.1) */
	say(&p.server, "later", 5);
	exchange_bytes(&p);
	ck_assert_uint_eq(p.client.len, 5);
	ck_assert_int_eq(p.client.result, TLS_OK);
	part(&p);
}
END_TEST

START_TEST(closing_before_the_handshake_says_nothing)
{
	struct pair p;

	join(&p, "api.example", false);
	tls_close(p.server.tls);
	ck_assert_uint_eq(p.server.wire.out_len, 0);
	part(&p);
}
END_TEST

START_TEST(refuses_another_host)
{
	struct pair p;

	join(&p, "other.example", false);
	shake(&p);
	ck_assert_int_eq(p.client.result, TLS_FAILED);
	ck_assert_int_eq(tls_failure(p.client.tls)->kind, TLS_CERTIFICATE);
	ck_assert_str_eq(tls_failure(p.client.tls)->text,
	    "hostname mismatch");
	/* the server is told */
	ck_assert_int_eq(p.server.result, TLS_FAILED);
	ck_assert_int_eq(tls_failure(p.server.tls)->kind, TLS_ALERT);
	ck_assert_int_eq(tls_failure(p.server.tls)->alert,
	    SSL_AD_BAD_CERTIFICATE);
	part(&p);
}
END_TEST

/* What a certificate is called is no name of a host (RFC 9110 4.3.4). */
START_TEST(refuses_a_common_name)
{
	struct pair p;

	tear_down();
	set_up_for(NULL);
	join(&p, "test", false);
	shake(&p);
	ck_assert_int_eq(p.client.result, TLS_FAILED);
	ck_assert_str_eq(tls_failure(p.client.tls)->text,
	    "hostname mismatch");
	part(&p);
}
END_TEST

/* The beginning came with what the outer one had read before. */
START_TEST(begins_with_early_bytes)
{
	struct pair outer, inner;
	struct tls *server;
	char buf[3 * TLS_RECORD];
	size_t plain;

	join(&outer, "api.example", false);
	shake(&outer);
	join(&inner, "api.example", false);
	server = tls_server(server_ctx, &outer.server.wire, outer.server.tls);
	take(&inner.client, NULL, 0);
	ck_assert_int_eq(tls_read_early(server, inner.client.wire.out,
	    inner.client.wire.out_len, buf, sizeof buf, &plain), TLS_OK);
	inner.client.wire.out_len = 0;
	outer.client.len = 0;
	carry(&outer.server, &outer.client, SIZE_MAX);
	take(&inner.client, outer.client.got, outer.client.len);
	ck_assert(tls_ready(inner.client.tls));
	say(&outer.client, inner.client.wire.out, inner.client.wire.out_len);
	ck_assert_int_eq(tls_read(server, outer.client.wire.out,
	    outer.client.wire.out_len, buf, sizeof buf, &plain), TLS_OK);
	outer.client.wire.out_len = 0;
	ck_assert(tls_ready(server));
	tls_free(server);
	part(&inner);
	part(&outer);
}
END_TEST

START_TEST(gives_up)
{
	struct pair p;

	join(&p, "api.example", false);
	shake(&p);
	tls_give_up(p.server.tls, "enough");
	take(&p.server, "", 0);
	ck_assert_int_eq(p.server.result, TLS_FAILED);
	ck_assert_str_eq(tls_failure(p.server.tls)->text, "enough");
	part(&p);
}
END_TEST

START_TEST(refuses_an_unknown_issuer)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct pair p;

	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	join(&p, "api.example", false);
	tls_free(p.client.tls);
	p.client.tls = tls_client(ctx, &p.client.wire, NULL, "api.example",
	    false);
	shake(&p);
	ck_assert_int_eq(tls_failure(p.client.tls)->kind, TLS_CERTIFICATE);
	ck_assert_str_eq(tls_failure(p.client.tls)->text,
	    "self-signed certificate");
	ck_assert_int_eq(tls_failure(p.server.tls)->alert,
	    SSL_AD_UNKNOWN_CA);
	part(&p);
	SSL_CTX_free(ctx);
}
END_TEST

START_TEST(refuses_garbage)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: api\r\n\r\n";
	struct pair p;

	join(&p, "api.example", false);
	take(&p.server, text, sizeof text - 1);
	ck_assert_int_eq(p.server.result, TLS_FAILED);
	ck_assert_int_eq(tls_failure(p.server.tls)->kind, TLS_PROTOCOL);
	ck_assert_str_eq(tls_failure(p.server.tls)->text, "http request");
	/* it stays failed */
	take(&p.server, "", 0);
	ck_assert_int_eq(p.server.result, TLS_FAILED);
	ck_assert_str_eq(tls_failure(p.server.tls)->text, "http request");
	part(&p);
}
END_TEST

START_TEST(refuses_what_was_changed_on_the_way)
{
	struct pair p;

	join(&p, "api.example", false);
	shake(&p);
	say(&p.client, "hello", 5);
	p.client.wire.out[p.client.wire.out_len - 1] ^= 1;
	exchange_bytes(&p);
	ck_assert_int_eq(p.server.result, TLS_FAILED);
	ck_assert_uint_eq(p.server.len, 0);
	part(&p);
}
END_TEST

START_TEST(cannot_write_before_the_handshake)
{
	struct iovec v = { .iov_base = (char *)(uintptr_t)"x", .iov_len = 1 };
	struct pair p;

	join(&p, "api.example", false);
	ck_assert(!tls_write(p.server.tls, &v, 1));
	part(&p);
}
END_TEST

START_TEST(puts_small_pieces_into_one_record)
{
	struct iovec v[40];
	struct pair p;
	size_t one, all;
	int i;

	join(&p, "api.example", false);
	shake(&p);
	for (i = 0; i < 40; i++) {
		v[i].iov_base = (char *)(uintptr_t)"0123456789";
		v[i].iov_len = 10;
	}
	ck_assert(tls_write(p.client.tls, v, 1));
	one = p.client.wire.out_len - 10;
	exchange_bytes(&p);
	ck_assert(tls_write(p.client.tls, v, 40));
	all = p.client.wire.out_len - 400;
	ck_assert_uint_eq(one, all);
	exchange_bytes(&p);
	ck_assert_uint_eq(p.server.len, 410);
	part(&p);
}
END_TEST

START_TEST(answers_a_key_update)
{
	struct pair p;

	join(&p, "api.example", false);
	shake(&p);
	ck_assert_int_eq(SSL_key_update(tls_ssl(p.client.tls),
	    SSL_KEY_UPDATE_REQUESTED), 1);
	check_both_ways(&p);
	part(&p);
}
END_TEST

/* Keys change, or sessions are offered, so often without data between. */
static void
offer(struct pair *p, int type, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		if (type == SSL3_MT_KEY_UPDATE)
			SSL_key_update(tls_ssl(p->server.tls),
			    SSL_KEY_UPDATE_NOT_REQUESTED);
		else
			SSL_new_session_ticket(tls_ssl(p->server.tls));
		ck_assert_int_eq(SSL_do_handshake(tls_ssl(p->server.tls)), 1);
	}
	exchange_bytes(p);
}

/*
 * A peer whose messages bring no data is given up; one that says something
 * between them may have as many as it likes.
 */
START_TEST(messages_without_data)
{
	static const int types[] = {
		SSL3_MT_KEY_UPDATE, SSL3_MT_NEWSESSION_TICKET,
	};
	struct pair p;
	size_t one, many;
	int i;

	SSL_CTX_set_num_tickets(server_ctx, 0);
	join(&p, "api.example", false);
	shake(&p);
	for (i = 0; i < 10; i++) {
		offer(&p, types[_i], 20);
		ck_assert_int_eq(p.client.result, TLS_OK);
		many = tls_work(p.client.tls);
		say(&p.server, "x", 1);
		exchange_bytes(&p);
		one = tls_work(p.client.tls);
	}
	ck_assert_uint_eq(one, 1);
	ck_assert_uint_ge(many, 20 * 4);
	offer(&p, types[_i], 32);
	ck_assert_int_eq(p.client.result, TLS_OK);
	offer(&p, types[_i], 1);
	ck_assert_int_eq(p.client.result, TLS_FAILED);
	ck_assert_int_eq(tls_failure(p.client.tls)->kind, TLS_PROTOCOL);
	ck_assert_str_eq(tls_failure(p.client.tls)->text,
	    "too many messages without data");
	part(&p);
}
END_TEST

/* TLS inside TLS: a client that intercepts nothing itself, in two layers. */
START_TEST(runs_inside_another)
{
	static const size_t steps[] = { SIZE_MAX, 1, 700 };
	struct pair outer, inner;
	struct tls *server;
	size_t plain, n;
	char buf[3 * TLS_RECORD], *data = pattern(BIG);
	struct iovec v;
	char *got = malloc(BIG);
	size_t len = 0, off;

	join(&outer, "api.example", false);
	shake(&outer);
	/* the inner client's bytes are the outer client's plain text */
	join(&inner, "api.example", false);
	tls_free(inner.server.tls);
	inner.server.tls = NULL;
	server = tls_server(server_ctx, &outer.server.wire, outer.server.tls);
	take(&inner.client, NULL, 0);
	while (inner.client.wire.out_len > 0 || outer.server.wire.out_len > 0) {
		say(&outer.client, inner.client.wire.out,
		    inner.client.wire.out_len);
		inner.client.wire.out_len = 0;
		ck_assert_int_eq(tls_read(server, outer.client.wire.out,
		    outer.client.wire.out_len, buf, sizeof buf, &plain),
		    TLS_OK);
		outer.client.wire.out_len = 0;
		outer.client.len = 0;
		carry(&outer.server, &outer.client, SIZE_MAX);
		take(&inner.client, outer.client.got, outer.client.len);
	}
	ck_assert(tls_ready(server) && tls_ready(inner.client.tls));

	/* to the client */
	v.iov_base = data;
	v.iov_len = BIG;
	ck_assert(tls_write(server, &v, 1));
	outer.client.len = 0;
	carry(&outer.server, &outer.client, steps[_i]);
	take(&inner.client, outer.client.got, outer.client.len);
	ck_assert_uint_eq(inner.client.len, BIG);
	ck_assert_mem_eq(inner.client.got, data, BIG);

	/* and from it */
	say(&inner.client, data, BIG);
	say(&outer.client, inner.client.wire.out, inner.client.wire.out_len);
	for (off = 0; off < outer.client.wire.out_len; off += n) {
		n = outer.client.wire.out_len - off;
		if (n > steps[_i])
			n = steps[_i];
		if (n > TLS_RECORD)
			n = TLS_RECORD;
		must(tls_read(server, outer.client.wire.out + off, n, buf,
		    sizeof buf, &plain) == TLS_OK);
		must(len + plain <= BIG);
		memcpy(got + len, buf, plain);
		len += plain;
	}
	ck_assert_uint_eq(len, BIG);
	ck_assert_mem_eq(got, data, BIG);

	/* the outer one's end is no end of the inner one */
	outer.client.wire.out_len = 0;
	tls_close(outer.client.tls);
	ck_assert_int_eq(tls_read(server, outer.client.wire.out,
	    outer.client.wire.out_len, buf, sizeof buf, &plain), TLS_FAILED);
	ck_assert_str_eq(tls_failure(server)->text, "the connection ended");
	tls_free(server);
	part(&inner);
	part(&outer);
	free(data);
	free(got);
}
END_TEST

/* Sessions */

static bool
resumes(struct tls_sessions *s, const char *k)
{
	struct pair p;
	bool reused;

	join(&p, "api.example", false);
	ck_assert(tls_sessions_attach(s, tls_ssl(p.client.tls), k));
	shake(&p);
	ck_assert(tls_ready(p.client.tls));
	reused = SSL_session_reused(tls_ssl(p.client.tls));
	part(&p);
	return reused;
}

START_TEST(resumes_sessions)
{
	struct tls_sessions *s = tls_sessions_new(4);
	struct tls_sessions *other = tls_sessions_new(4);

	SSL_CTX_set_max_proto_version(client_ctx,
	    _i == 0 ? TLS1_3_VERSION : TLS1_2_VERSION);
	ck_assert(!resumes(s, "a 443"));
	ck_assert(resumes(s, "a 443"));
	ck_assert(resumes(s, "a 443"));
	ck_assert(!resumes(s, "a 444"));
	ck_assert(!resumes(other, "a 443"));
	tls_sessions_unref(s);
	tls_sessions_unref(other);
}
END_TEST

START_TEST(forgets_the_oldest_session)
{
	struct tls_sessions *s = tls_sessions_new(4);
	char k[16];
	int i;

	ck_assert(!resumes(s, "first"));
	for (i = 0; i < 3; i++) {
		snprintf(k, sizeof k, "%d", i);
		ck_assert(!resumes(s, k));
	}
	ck_assert(resumes(s, "0"));
	ck_assert(!resumes(s, "one more"));
	ck_assert(!resumes(s, "first"));
	tls_sessions_unref(s);
}
END_TEST

/* A connection may outlive the configuration that has made it. */
START_TEST(sessions_outlive_their_owner)
{
	struct tls_sessions *s = tls_sessions_new(4);
	struct pair p;

	join(&p, "api.example", false);
	ck_assert(tls_sessions_attach(s, tls_ssl(p.client.tls), "a"));
	tls_sessions_unref(s);
	shake(&p);
	ck_assert(tls_ready(p.client.tls));
	part(&p);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("tls");
	TCase *bytes = tcase_create("bytes");
	TCase *sessions = tcase_create("sessions");

	tcase_add_unchecked_fixture(bytes, set_up, tear_down);
	tcase_add_loop_test(bytes, carries, 0, 6);
	tcase_add_test(bytes, takes_an_address);
	tcase_add_test(bytes, closes);
	tcase_add_test(bytes, closing_before_the_handshake_says_nothing);
	tcase_add_test(bytes, refuses_another_host);
	tcase_add_test(bytes, refuses_an_unknown_issuer);
	tcase_add_test(bytes, refuses_garbage);
	tcase_add_test(bytes, refuses_what_was_changed_on_the_way);
	tcase_add_test(bytes, cannot_write_before_the_handshake);
	tcase_add_test(bytes, puts_small_pieces_into_one_record);
	tcase_add_test(bytes, answers_a_key_update);
	tcase_add_loop_test(bytes, messages_without_data, 0, 2);
	tcase_add_loop_test(bytes, runs_inside_another, 0, 3);
	tcase_add_test(bytes, begins_with_early_bytes);
	tcase_add_test(bytes, gives_up);
	tcase_add_test(sessions, refuses_a_common_name);
	tcase_set_timeout(bytes, 60);
	suite_add_tcase(s, bytes);
	tcase_add_checked_fixture(sessions, set_up, tear_down);
	tcase_add_loop_test(sessions, resumes_sessions, 0, 2);
	tcase_add_test(sessions, forgets_the_oldest_session);
	tcase_add_test(sessions, sessions_outlive_their_owner);
	tcase_set_timeout(sessions, 60);
	suite_add_tcase(s, sessions);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}
