/* SPDX-License-Identifier: ISC */
#include "base/client_hash.h"

#include "check_run.h"

static struct client_hasher	*hasher;

static void
set_up(void)
{
	ck_assert(client_hash_init());
	hasher = client_hasher_new();
	ck_assert_ptr_nonnull(hasher);
}

static void
tear_down(void)
{
	client_hasher_free(hasher);
}

/* Another process could not make the same hash of the same name. */
START_TEST(keys_are_drawn)
{
	struct client_hash one, other;
	struct client_hasher *second;

	ck_assert(client_hash(hasher, "user", "alice", 5, &one));
	ck_assert(client_hash(hasher, "user", "alice", 5, &other));
	ck_assert_uint_eq(one.a, other.a);
	ck_assert(client_hash(hasher, "usera", "lice", 4, &other));
	ck_assert_uint_ne(one.a, other.a);
	second = client_hasher_new();
	ck_assert(client_hash(second, "user", "alice", 5, &other));
	ck_assert_uint_eq(one.a, other.a);
	client_hasher_free(second);
	ck_assert(client_hash_init());
	second = client_hasher_new();
	ck_assert(client_hash(second, "user", "alice", 5, &other));
	ck_assert_uint_ne(one.a, other.a);
	client_hasher_free(second);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("client_hash");
	TCase *tc = tcase_create("client_hash");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, keys_are_drawn);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}
