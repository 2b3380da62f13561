/* SPDX-License-Identifier: ISC */
#include "tls/tls_locked.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "check_run.h"

/* Keys in memory that is locked; the program begins with the init. */

#define NOBODY	65534

/* What the kernel has locked of this process, in kB. */
static unsigned long
locked_by_kernel(void)
{
	FILE *in = fopen("/proc/self/status", "r");
	unsigned long n = 0;
	char line[256];

	while (in != NULL && fgets(line, sizeof line, in) != NULL) {
		if (strncmp(line, "VmLck:", 6) == 0)
			n = strtoul(line + 6, NULL, 10);
	}
	if (in != NULL)
		fclose(in);
	return n;
}

static EVP_PKEY *
make(const char *type)
{
	EVP_PKEY *key;

	if (strcmp(type, "RSA") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, type, (size_t)2048);
	else
		key = EVP_PKEY_Q_keygen(NULL, NULL, type, "P-256");
	ck_assert_ptr_nonnull(key);
	return key;
}

static bool
signs(EVP_PKEY *key, EVP_PKEY *public)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new(), *other = EVP_MD_CTX_new();
	const EVP_MD *md = EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256();
	unsigned char text[] = "text", signature[512];
	size_t len = sizeof signature;
	bool ok;

	ok = EVP_DigestSignInit(ctx, NULL, md, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, signature, &len, text, sizeof text) == 1 &&
	    EVP_DigestVerifyInit(other, NULL, md, NULL, public) == 1 &&
	    EVP_DigestVerify(other, signature, len, text, sizeof text) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_MD_CTX_free(other);
	return ok;
}

/* Those of a test have none: locks do not go to children. */
static unsigned long kb;

START_TEST(is_locked)
{
	ck_assert_uint_ge(kb, 64);
}
END_TEST

START_TEST(moves)
{
	static const char *const types[] = { "EC", "RSA", "ED25519" };
	EVP_PKEY *key = make(types[_i]), *before = EVP_PKEY_dup(key);

	ck_assert_uint_eq(tls_locked_used(), 0);
	key = tls_locked_key(key);
	ck_assert_uint_gt(tls_locked_used(), 0);
	ck_assert_uint_lt(tls_locked_used(), 4096);
	ck_assert_int_eq(EVP_PKEY_eq(key, before), 1);
	ck_assert(signs(key, before));
	EVP_PKEY_free(key);
	ck_assert_uint_eq(tls_locked_used(), 0);
	EVP_PKEY_free(before);
}
END_TEST

#define MANY	200	/* more than there is room for */

/* What has no room works as it did; what went makes room. */
START_TEST(fills)
{
	EVP_PKEY *first = make("EC"), *keys[MANY];
	size_t i, most;

	for (i = 0; i < MANY; i++) {
		keys[i] = tls_locked_key(EVP_PKEY_dup(first));
		ck_assert_ptr_nonnull(keys[i]);
	}
	most = tls_locked_used();
	ck_assert_uint_gt(most, 48 * 1024);
	ck_assert(signs(keys[0], first));
	ck_assert(signs(keys[MANY - 1], first));
	for (i = 0; i < MANY; i += 2)
		EVP_PKEY_free(keys[i]);
	ck_assert_uint_lt(tls_locked_used(), most);
	for (i = 0; i < MANY; i += 2)
		keys[i] = tls_locked_key(EVP_PKEY_dup(first));
	ck_assert_uint_gt(tls_locked_used(), 48 * 1024);
	for (i = 0; i < MANY; i++)
		EVP_PKEY_free(keys[i]);
	ck_assert_uint_eq(tls_locked_used(), 0);
	EVP_PKEY_free(first);
}
END_TEST

/* What a key has goes on where it grows, and leaves nothing of it there. */
START_TEST(grows)
{
	EVP_PKEY *key = make("EC"), *before = EVP_PKEY_dup(key);
	char text[] = "what is kept with it";
	int i, index, first = -1;

	for (i = 0; i < 64; i++) {
		index = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_EVP_PKEY, 0,
		    NULL, NULL, NULL, NULL);
		ck_assert_int_ge(index, 0);
		if (first == -1)
			first = index;
		if (i != 0 && i != 3)
			continue;
		ck_assert_int_eq(EVP_PKEY_set_ex_data(key, index, text), 1);
		if (i == 0)
			key = tls_locked_key(key);
	}
	ck_assert_int_eq(EVP_PKEY_set_ex_data(key, index, text), 1);
	ck_assert_ptr_eq(EVP_PKEY_get_ex_data(key, first), text);
	ck_assert_ptr_eq(EVP_PKEY_get_ex_data(key, index), text);
	ck_assert(signs(key, before));
	EVP_PKEY_free(key);
	ck_assert_uint_eq(tls_locked_used(), 0);
	EVP_PKEY_free(before);
}
END_TEST

/* A process that may lock nothing says so, and has its keys elsewhere. */
START_TEST(may_not_lock)
{
	const struct rlimit none = { 0, 0 };
	int status;
	pid_t pid;

	if ((pid = fork()) == 0) {
		_exit(setrlimit(RLIMIT_MEMLOCK, &none) == 0 &&
		    (geteuid() != 0 || setuid(NOBODY) == 0) &&
		    !tls_locked_init() && errno != 0 && errno != EBUSY ? 0 :
		    1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tls_locked");
	TCase *tc = tcase_create("tls_locked");

	if (!tls_locked_init()) {
		puts("1..0 # SKIP this process may not lock memory");
		return EXIT_SUCCESS;
	}
	kb = locked_by_kernel();
	/* sanitizers lock nothing, and say that they did */
	if (mlock((const void *)1, 1) == -1) {
		tcase_add_test(tc, is_locked);
		tcase_add_test(tc, may_not_lock);
	}
	tcase_add_loop_test(tc, moves, 0, 3);
	tcase_add_test(tc, fills);
	tcase_add_test(tc, grows);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
