/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/client_hash.h"
#include "base/share.h"
#include "check_run.h"
#include "front/clients.h"

/* Who is the same client, for how long one is known, and its rate. */

#define MS	1000000ULL
#define SEC	1000000000ULL
#define THREADS	4
#define ROUNDS	20000

static struct clients	*all;
static struct memory	 memory;

static void
set_up(void)
{
	memory_init(&memory, 1 << 20, SHARE_HALF);
	all = clients_new(&memory);
	ck_assert_ptr_nonnull(all);
}

static void
tear_down(void)
{
	ck_assert_uint_eq(clients_count(all), 0);
	clients_free(all);
	memory_destroy(&memory);
}

static struct client_key
address(const char *text)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in4 = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, text, &in4.sin_addr) == 1)
		return client_of_address((struct sockaddr *)&in4);
	ck_assert_int_eq(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	return client_of_address((struct sockaddr *)&in6);
}

static struct client *
ref(struct client_key key)
{
	struct client *c = clients_ref(all, &key);

	ck_assert_ptr_nonnull(c);
	return c;
}

/* One that is known, by the number that no other ever has. */
static uint64_t
id_of(struct client_key key)
{
	struct client *c = ref(key);
	uint64_t id = c->id;

	clients_unref(all, c, 0);
	return id;
}

START_TEST(the_same_address_is_the_same)
{
	struct client *c = ref(address("192.0.2.1"));
	struct client_key other = address("192.0.2.3"), key;

	key = address("::ffff:192.0.2.1");
	ck_assert_uint_eq(clients_id(all, &key), c->id);
	ck_assert_uint_eq(clients_id(all, &other), 0);
	ck_assert_ptr_eq(ref(address("192.0.2.1")), c);
	ck_assert_ptr_eq(ref(address("::ffff:192.0.2.1")), c);
	ck_assert_uint_eq(clients_count(all), 1);
	ck_assert_uint_ne(id_of(address("192.0.2.2")), c->id);
	clients_unref(all, c, 0);
	clients_unref(all, c, 0);
	clients_unref(all, c, 0);
}
END_TEST

START_TEST(a_network_of_64_bits_is_one)
{
	struct client *c = ref(address("2001:db8:1:2::1"));

	ck_assert_uint_eq(id_of(address("2001:db8:1:2:ffff::9")), c->id);
	ck_assert_uint_ne(id_of(address("2001:db8:1:3::1")), c->id);
	clients_unref(all, c, 0);
}
END_TEST

START_TEST(kinds_are_apart)
{
	struct client_hash name = { 1, 2 };
	struct client *a = ref(address("0.0.0.7"));
	struct client *b = ref(client_of_uid(htonl(7)));
	struct client *c = ref(client_of_user(&name));

	ck_assert_ptr_ne(a, b);
	ck_assert_ptr_ne(b, c);
	ck_assert_ptr_eq(ref(client_of_user(&name)), c);
	ck_assert_uint_eq(clients_count(all), 3);
	clients_unref(all, a, 0);
	clients_unref(all, b, 0);
	clients_unref(all, c, 0);
	clients_unref(all, c, 0);
}
END_TEST

START_TEST(who_has_gone_is_another_when_he_comes_back)
{
	uint64_t id = id_of(address("192.0.2.1"));

	ck_assert_uint_ne(id_of(address("192.0.2.1")), id);
}
END_TEST

START_TEST(a_second_of_requests_goes_at_once)
{
	struct client *c = ref(address("192.0.2.1"));
	unsigned i;

	for (i = 0; i < 10; i++)
		ck_assert_uint_eq(client_pay(c, 10, 5 * SEC), 0);
	ck_assert_uint_eq(client_pay(c, 10, 5 * SEC), 100 * MS);
	ck_assert_uint_eq(client_pay(c, 10, 5 * SEC + 99 * MS), MS);
	ck_assert_uint_eq(client_pay(c, 10, 5 * SEC + 100 * MS), 0);
	ck_assert_uint_eq(client_pay(c, 10, 5 * SEC + 100 * MS), 100 * MS);
	/* who waits has no more than that */
	for (i = 0; i < 10; i++)
		ck_assert_uint_eq(client_pay(c, 10, 900 * SEC), 0);
	ck_assert_uint_gt(client_pay(c, 10, 900 * SEC), 0);
	clients_unref(all, c, 1000 * SEC);
}
END_TEST

START_TEST(one_a_second)
{
	struct client *c = ref(address("192.0.2.1"));

	ck_assert_uint_eq(client_pay(c, 1, SEC), 0);
	ck_assert_uint_eq(client_pay(c, 1, SEC), SEC);
	ck_assert_uint_eq(client_pay(c, 1, 2 * SEC), 0);
	clients_unref(all, c, 4 * SEC);
}
END_TEST

/* A new connection is no new start. */
START_TEST(a_rate_outlives_its_connections)
{
	struct client *c = ref(address("192.0.2.1"));
	uint64_t id = c->id;

	ck_assert_uint_eq(client_pay(c, 1, SEC), 0);
	clients_unref(all, c, SEC);
	c = ref(address("192.0.2.1"));
	ck_assert_uint_eq(c->id, id);
	ck_assert_uint_gt(client_pay(c, 1, SEC), 0);
	clients_unref(all, c, 3 * SEC);
	ck_assert_uint_ne(id_of(address("192.0.2.1")), id);
}
END_TEST

START_TEST(what_is_remembered_is_bounded)
{
	struct client *first = ref(address("10.0.0.0")), *c;
	uint64_t id = first->id;
	unsigned i;
	char text[32];

	ck_assert_uint_eq(client_pay(first, 1, SEC), 0);
	clients_unref(all, first, SEC);
	for (i = 1; i <= CLIENTS_REMEMBERED + CLIENTS_SHARDS; i++) {
		snprintf(text, sizeof text, "10.%u.%u.%u", i >> 16,
		    i >> 8 & 255, i & 255);
		c = ref(address(text));
		ck_assert_uint_eq(client_pay(c, 1, SEC), 0);
		clients_unref(all, c, SEC);
	}
	/* the oldest had to go */
	ck_assert_uint_ne(id_of(address("10.0.0.0")), id);
}
END_TEST

static void *
come_and_go(void *arg)
{
	unsigned i, *paid = arg;
	struct client *c;

	for (i = 0; i < ROUNDS; i++) {
		c = ref(address(i % 2 ? "192.0.2.1" : "192.0.2.2"));
		if (i % 2)
			*paid += client_pay(c, 1000, SEC) == 0;
		clients_unref(all, c, SEC);
	}
	return NULL;
}

START_TEST(threads_share_them)
{
	struct client *c = ref(address("192.0.2.1"));
	unsigned i, sum = 0, paid[THREADS] = { 0 };
	pthread_t threads[THREADS];

	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
		    come_and_go, &paid[i]), 0);
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		sum += paid[i];
	}
	ck_assert_uint_eq(sum, 1000);
	ck_assert_uint_eq(clients_count(all), 1);
	clients_unref(all, c, 3 * SEC);
}
END_TEST

/* Each of n takes all it can: 1/(n + 1), and as much is left. */
START_TEST(shares_leave_something)
{
	uint64_t own[5] = { 0 }, sum;
	unsigned i, n, round;

	for (n = 1; n <= 5; n++) {
		memset(own, 0, sizeof own);
		for (round = 0, sum = 0; round < 20000; round++) {
			i = round % n;
			if (own[i] + 1 <= share_most(SHARE_HALF, 6000,
			    sum + 1, own[i] + 1)) {
				own[i]++;
				sum++;
			}
		}
		for (i = 0; i < n; i++)
			ck_assert_uint_eq(own[i], 6000 / (n + 1));
	}
	ck_assert_uint_eq(share_most(SHARE_OFF, 100, 60, 10), 50);
	ck_assert_uint_eq(share_most(SHARE_THIRD, 90, 0, 0), 30);
	ck_assert_uint_eq(share_most(SHARE_QUARTER, 100, 300, 20), 0);
	ck_assert_uint_eq(share_most(SHARE_HALF, 100, 5, 20), 50);
	ck_assert_uint_eq(share_most(SHARE_QUARTER, 3, 0, 0), 1);
	ck_assert_uint_eq(share_most(SHARE_HALF, 1, 1, 1), 1);
	ck_assert_uint_eq(share_most(SHARE_HALF, 1, 1, 0), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("clients");
	TCase *tc = tcase_create("clients");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, the_same_address_is_the_same);
	tcase_add_test(tc, a_network_of_64_bits_is_one);
	tcase_add_test(tc, kinds_are_apart);
	tcase_add_test(tc, who_has_gone_is_another_when_he_comes_back);
	tcase_add_test(tc, a_second_of_requests_goes_at_once);
	tcase_add_test(tc, one_a_second);
	tcase_add_test(tc, a_rate_outlives_its_connections);
	tcase_add_test(tc, what_is_remembered_is_bounded);
	tcase_add_test(tc, threads_share_them);
	tcase_add_test(tc, shares_leave_something);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
