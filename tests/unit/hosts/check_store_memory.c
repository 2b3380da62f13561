/* SPDX-License-Identifier: ISC */
#include "check_store.h"

#include "check_alloc.h"
#include "check_run.h"

/* Each allocation fails once, of a store that is opened, asked and closed. */

#define MANY	1000000

/* Check itself allocates: nothing of it while an allocation is to fail. */
static unsigned	 ups, downs;

static void
up_cb(void *arg)
{
	(void)arg;
	ups++;
}

static void
down_cb(void *arg, const char *why)
{
	(void)arg;
	(void)why;
	downs++;
}

static const struct store_events quiet = { up_cb, down_cb };

static void
turn_until(const unsigned *count)
{
	while (*count == 0)
		turn();
}

static void
close_it(void)
{
	store_redis_close(store);
	store = NULL;
	loop_bury_all(dialer.loop);
}

/* Whoever asks is answered, whatever there is no memory for. */
static void
try_it(void)
{
	struct store_question q = { .budget = "a", .len = 1, .limits = &ten,
	    .ask = one };
	unsigned count = 0;

	ups = downs = 0;
	store = store_redis_open(&dialer, &conf->store, &quiet, NULL);
	if (store == NULL)
		return;
	while (ups + downs == 0)
		turn();
	if (store_redis_ask(store, &q, answer_cb, &count))
		turn_until(&count);
	/* it comes to itself in any case */
	turn_until(&ups);
	close_it();
}

START_TEST(each_fails)
{
	struct server *server = start_server(NULL);
	unsigned n, all;

	open_store("{redis: redis://127.0.0.1:%d, timeout: 2s}", server->port);
	close_it();
	check_alloc = MANY;
	try_it();
	all = MANY - check_alloc;
	check_alloc = 0;
	ck_assert_uint_gt(all, 5);
	for (n = 1; n <= all; n++) {
		check_alloc = n;
		try_it();
	}
	check_alloc = 0;
	close_store();
	stop_servers();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("store_memory");
	TCase *tc = tcase_create("memory");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, each_fails);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
