/* SPDX-License-Identifier: ISC */
#include "tls/tls_trust.h"

#include <pthread.h>
#include <stdatomic.h>

#include "check_run.h"
#include "check_tls.h"
#include "conf/conf_parse.h"
#include "tls/tls.h"
#include "tls/tls_context.h"

/*
 * Whom to trust, and when the system's CAs are read: the linker has the sources
 * that are tested call this, which counts.
 */

#define THREADS	8

static atomic_int	 reads;

int	 __real_X509_STORE_set_default_paths(X509_STORE *);
int	 __wrap_X509_STORE_set_default_paths(X509_STORE *);

int
__wrap_X509_STORE_set_default_paths(X509_STORE *store)
{
	atomic_fetch_add(&reads, 1);
	return __real_X509_STORE_set_default_paths(store);
}

static int
count(X509_STORE *store)
{
	return sk_X509_OBJECT_num(X509_STORE_get0_objects(store));
}

/* A CA of its own, in a file of the test's directory. */
static void
put_ca(const char *name)
{
	EVP_PKEY *key = make_key("EC");
	X509 *ca = make_cert(key, NULL, "CA", NOW - DAY,
	    NOW + DAY, CA_EXTENSIONS, 0);

	add_cert(name, ca);
	X509_free(ca);
	EVP_PKEY_free(key);
}

static void
set_up(void)
{
	setup();
	put_ca("system.pem");
	put_ca("other.pem");
	put_text("rubbish.pem", "no certificate", 0600);
	ck_assert_int_eq(setenv("SSL_CERT_FILE", in_dir("system.pem"), 1), 0);
	atomic_store(&reads, 0);
}

START_TEST(file_is_read_once)
{
	struct tls_trust *t = tls_trust_new();
	X509_STORE *store;
	char *cause;

	store = tls_trust_file(t, in_dir("other.pem"), &cause);
	ck_assert_ptr_nonnull(store);
	ck_assert_int_eq(count(store), 1);
	ck_assert_ptr_eq(tls_trust_file(t, in_dir("other.pem"), &cause), store);
	ck_assert_int_eq(atomic_load(&reads), 0);
	tls_trust_free(t);
}
END_TEST

START_TEST(bad_file_is_named)
{
	static const struct {
		const char	*name;
		const char	*what;
	} files[] = {
		{ "rubbish.pem", ": no certificate or crl found, expected a "
		    "file of PEM certificates" },
		{ "none.pem", ": No such file or directory" },
	};
	struct tls_trust *t = tls_trust_new();
	char *cause;

	ck_assert_ptr_null(tls_trust_file(t, in_dir(files[_i].name), &cause));
	ck_cause(cause, files[_i].name, files[_i].what);
	tls_trust_free(t);
}
END_TEST

static void *
ask_system(void *arg)
{
	return tls_trust_system(arg);
}

START_TEST(threads_share_the_system)
{
	struct tls_trust *t = tls_trust_new();
	pthread_t threads[THREADS];
	void *first = NULL, *store;
	size_t i;

	ck_assert_int_eq(atomic_load(&reads), 0);
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_system,
		    t), 0);
	for (i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &store), 0);
		ck_assert_ptr_nonnull(store);
		first = i == 0 ? store : first;
		ck_assert_ptr_eq(store, first);
		X509_STORE_free(store);
	}
	ck_assert_int_eq(atomic_load(&reads), 1);
	tls_trust_free(t);
}
END_TEST

/* A reference outlives the configuration that it is from. */
START_TEST(system_outlives_the_set)
{
	struct tls_trust *t = tls_trust_new();
	X509_STORE *store = tls_trust_system(t);

	tls_trust_free(t);
	ck_assert_int_eq(count(store), 1);
	X509_STORE_free(store);
}
END_TEST

/* Nothing was read of a file that is there: the next one tries again. */
START_TEST(system_that_came_short)
{
	struct tls_trust *t = tls_trust_new();
	X509_STORE *store;

	setenv("SSL_CERT_FILE", in_dir("rubbish.pem"), 1);
	store = tls_trust_system(t);
	ck_assert_int_eq(count(store), 0);
	X509_STORE_free(store);
	setenv("SSL_CERT_FILE", in_dir("system.pem"), 1);
	store = tls_trust_system(t);
	ck_assert_int_eq(count(store), 1);
	X509_STORE_free(store);
	ck_assert_int_eq(atomic_load(&reads), 2);
	tls_trust_free(t);
}
END_TEST

/* Where the system has none it is not looked for again. */
START_TEST(system_without_a_file)
{
	struct tls_trust *t = tls_trust_new();
	int i;

	setenv("SSL_CERT_FILE", in_dir("none.pem"), 1);
	for (i = 0; i < 3; i++)
		X509_STORE_free(tls_trust_system(t));
	ck_assert_int_eq(atomic_load(&reads), 1);
	tls_trust_free(t);
}
END_TEST

/* How often the system's CAs are read by a load, and by connections then. */
static const struct {
	const char	*text;
	int		 loaded;
	int		 connected;	/* a host of no rule, or of one */
} confs[] = {
	{ "{}", 0, 1 },
	{ "hosts: {a.test: {capacity: 1}}", 0, 1 },
	{ "hosts: {a.test: {tls: {verify: false}}}", 0, 1 },
	{ "hosts: {a.test: {https: upstream}}", 1, 1 },
	{ "hosts: {a.test: {https: upstream}, b.test: {https: upstream}}",
	    1, 1 },
	{ "defaults: {https: upstream}", 1, 1 },
	{ "hosts: {a.test: {https: upstream, tls: {verify: false}}}", 0, 1 },
	{ "hosts: {a.test: {https: upstream, tls: {trust: other.pem}}}", 0, 1 },
	{ "tls: {trust: other.pem}\nhosts: {a.test: {https: upstream}}", 0, 0 },
	{ "tls: {trust: other.pem}\n"
	    "hosts: {a.test: {https: upstream, tls: {trust: system}}}", 1, 1 },
	{ "tls: {trust: other.pem}\nhosts: {a.test: {tls: {trust: system}}}",
	    0, 1 },
};

static void
connect_to(const struct conf *conf, const struct rule *rule)
{
	struct http1_host h = host("a.test");
	struct tls_wire wire = { .out = NULL };
	struct tls *tls;

	tls = tls_contexts_connect(conf, rule, &h, NULL, &wire);
	ck_assert_ptr_nonnull(tls);
	tls_free(tls);
	tls_wire_free(&wire);
}

START_TEST(read_when_needed)
{
	const char *text = confs[_i].text;
	struct conf *conf;
	char *cause = NULL;
	size_t i;

	ck_assert_int_eq(chdir(dir), 0);
	conf = conf_parse("test.yaml", text, strlen(text), &cause);
	ck_assert_msg(conf != NULL, "%s", cause);
	ck_assert_msg(tls_contexts_load(conf, &cause), "%s", cause);
	ck_assert_int_eq(atomic_load(&reads), confs[_i].loaded);
	for (i = 0; i < 2; i++) {
		connect_to(conf, &conf->fallback);
		if (conf->nrules > 0)
			connect_to(conf, &conf->rules[0]);
	}
	ck_assert_int_eq(atomic_load(&reads), confs[_i].connected);
	conf_unref(conf);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tls_trust");
	TCase *tc = tcase_create("trust");

	tcase_add_checked_fixture(tc, set_up, teardown);
	tcase_add_test(tc, file_is_read_once);
	tcase_add_loop_test(tc, bad_file_is_named, 0, 2);
	tcase_add_test(tc, threads_share_the_system);
	tcase_add_test(tc, system_outlives_the_set);
	tcase_add_test(tc, system_that_came_short);
	tcase_add_test(tc, system_without_a_file);
	ROWS(tc, read_when_needed, confs);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
