/* SPDX-License-Identifier: ISC */
#include "tls/tls_mint.h"

#include <pthread.h>
#include <stdatomic.h>

#include "check_tls_mint.h"

/* How long certificates are kept. */

START_TEST(hit_is_the_same)
{
	X509 *a, *b;

	start_plain();
	a = get("api.example:443");
	b = get_at("API.example.:8443", NOW + HOUR);
	ck_assert_ptr_eq(a, b);
	X509_free(b);
	b = get("www.example");
	ck_assert_ptr_ne(a, b);
	X509_free(a);
	X509_free(b);
}
END_TEST

static bool
is_cached(const char *name, X509 *cert)
{
	X509 *now = get(name);
	bool same = now == cert;

	X509_free(now);
	return same;
}

START_TEST(least_used_goes)
{
	static const char *names[] = { "a.example", "b.example",
	    "c.example", "d.example" };
	X509 *cert[MAX], *more;
	int i;

	start_plain();
	for (i = 0; i < MAX; i++)
		cert[i] = get(names[i]);
	/* a is the oldest, but not the one that was used least lately */
	ck_assert(is_cached("a.example", cert[0]));
	more = get("e.example");
	ck_assert(is_cached("a.example", cert[0]));
	ck_assert(is_cached("c.example", cert[2]));
	ck_assert(is_cached("d.example", cert[3]));
	ck_assert(is_cached("e.example", more));
	ck_assert(!is_cached("b.example", cert[1]));
	/* who has one keeps it, in the cache or not */
	ck_assert_int_eq(X509_verify(cert[1], ca.key), 1);
	for (i = 0; i < MAX; i++)
		X509_free(cert[i]);
	X509_free(more);
}
END_TEST

START_TEST(none_is_kept)
{
	struct http1_host h = host("a.example");
	const char *why;
	X509 *cert;
	char *cause = NULL;
	int i;

	ca.cert = make_cert(ca.key, NULL, "CA", CA_FROM, CA_UNTIL,
	    CA_EXTENSIONS, 0);
	put_ca();
	mint = tls_mint_new(in_dir("ca.pem"), in_dir("ca.key"), 0, NOW, &cause);
	ck_assert_ptr_nonnull(mint);
	for (i = 0; i < 3; i++) {
		cert = tls_mint_certificate(mint, &h, NOW, &why);
		ck_assert_ptr_nonnull(cert);
		ck_assert_int_eq(X509_verify(cert, ca.key), 1);
		X509_free(cert);
	}
}
END_TEST

/* Valid for 25 hours from an hour ago: the last 6:15 are not used. */
START_TEST(renewal)
{
	time_t late = NOW + DAY - 25 * HOUR / 4;
	X509 *a, *b;

	start_plain();
	a = get("api.example");
	b = get_at("api.example", late);
	ck_assert_ptr_eq(a, b);
	X509_free(b);
	b = get_at("api.example", late + 1);
	ck_assert_ptr_ne(a, b);
	ck_assert_int_eq(seconds(X509_get0_notAfter(b)), late + 1 + DAY);
	X509_free(a);
	a = get_at("api.example", late + 2);
	ck_assert_ptr_eq(a, b);
	X509_free(a);
	X509_free(b);
}
END_TEST

START_TEST(clock_set_back)
{
	X509 *a, *b;

	start_plain();
	a = get("api.example");
	b = get_at("api.example", NOW - HOUR);
	ck_assert_ptr_eq(a, b);
	X509_free(b);
	b = get_at("api.example", NOW - HOUR - 1);
	ck_assert_ptr_ne(a, b);
	ck_assert_int_eq(seconds(X509_get0_notBefore(b)), NOW - 2 * HOUR - 1);
	X509_free(a);
	X509_free(b);
}
END_TEST

/* When no later one can be had, one is used up. */
START_TEST(end_of_the_ca)
{
	X509 *a, *b;

	start(make_cert(ca.key, NULL, "CA", CA_FROM, NOW + HOUR, CA_EXTENSIONS,
	    0));
	a = get("api.example");
	b = get_at("api.example", NOW + HOUR);
	ck_assert_ptr_eq(a, b);
	X509_free(a);
	X509_free(b);
	refused("api.example", NOW + HOUR + 1, "the CA has expired");
}
END_TEST

/* Threads */

#define THREADS	4
#define ROUNDS	200

static atomic_uint	 turns;

/*
 * More hosts than are kept, with a clock that makes them old.  Not NULL: it
 * failed.
 */
static void *
hammer(void *arg)
{
	const char *why;
	struct http1_host h;
	unsigned i, turn;
	X509 *cert;
	char name[32];

	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		turn = atomic_fetch_add(&turns, 1);
		snprintf(name, sizeof name, "h%u.example", turn % (MAX + 2));
		h = host(name);
		cert = tls_mint_certificate(mint, &h, NOW + turn * HOUR, &why);
		if (cert == NULL || !tls_mint_permits(mint, &h) ||
		    X509_check_host(cert, name, 0, 0, NULL) != 1)
			return mint;
		X509_free(cert);
	}
	return NULL;
}

START_TEST(threads)
{
	pthread_t thread[THREADS];
	void *failed;
	int i;

	start_constrained("critical,permitted;DNS:example");
	atomic_store(&turns, 0);
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, hammer,
		    NULL), 0);
	for (i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(thread[i], &failed), 0);
		ck_assert_ptr_null(failed);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tls_mint_cache");
	TCase *cache = tcase_create("cache");

	tcase_add_checked_fixture(cache, mint_setup, mint_teardown);
	tcase_set_timeout(cache, 60);
	tcase_add_test(cache, hit_is_the_same);
	tcase_add_test(cache, least_used_goes);
	tcase_add_test(cache, none_is_kept);
	tcase_add_test(cache, renewal);
	tcase_add_test(cache, clock_set_back);
	tcase_add_test(cache, end_of_the_ca);
	tcase_add_test(cache, threads);
	suite_add_tcase(suite, cache);
	return run_suite(suite);
}
