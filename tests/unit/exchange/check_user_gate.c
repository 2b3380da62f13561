/* SPDX-License-Identifier: ISC */
#include "exchange/user_gate.h"

#include <check.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/client_hash.h"
#include "base/memory.h"
#include "base/stats.h"
#include "check_alloc.h"
#include "check_run.h"
#include "exchange/user_checks.h"
#include "net/loop.h"
#include "policy/htpasswd.h"
#include "policy/user.h"

/* "secret" by bcrypt of the least cost there is. */
#define SECRET "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"

#define SECOND	UINT64_C(1000000000)
#define CLIENT	7

static struct memory memory;
static struct loop *loop;
static struct client_hasher *hasher;
static struct user_checks *checks;
static struct user_gate *gate;
static struct htpasswd *users;

/* Who waits, and what he was told. */
struct who {
	struct user_waiter	 waiter;
	unsigned		 told;
	bool			 right;
	bool			 last;		/* ends the loop */
};

static void
told_cb(struct user_waiter *w, bool right)
{
	struct who *who = (struct who *)(void *)((char *)w -
	    offsetof(struct who, waiter));

	who->told++;
	who->right = right;
	if (who->last)
		loop_stop(loop, false);
}

static void
rung_cb(void *arg)
{
	(void)arg;
}

static struct htpasswd *
parse(const char *text)
{
	struct htpasswd_error error;
	struct htpasswd *h;
	char *copy = malloc(strlen(text) + 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, strlen(text));
	h = htpasswd_parse(copy, strlen(text), &error);
	ck_assert_msg(h != NULL, "%s", error.why);
	return h;
}

static void
setup(void)
{
	ck_assert(client_hash_init());
	memory_init(&memory, 1 << 20, SHARE_OFF);
	ck_assert_ptr_nonnull(loop = loop_new(0, &memory, rung_cb, NULL));
	ck_assert_ptr_nonnull(hasher = client_hasher_new());
	ck_assert_ptr_nonnull(checks = user_checks_new(2));
	ck_assert_ptr_nonnull(gate = user_gate_new(loop, hasher, checks));
	users = parse("alice:" SECRET "\n");
}

static void
teardown(void)
{
	user_checks_free(checks);
	user_gate_free(gate);
	client_hasher_free(hasher);
	loop_bury_all(loop);
	loop_free(loop);
	memory_destroy(&memory);
	htpasswd_free(users);
	stats_free();
}

static enum user_answer
ask_at(const char *name, const char *password, uint64_t client, uint64_t now,
    struct who *who)
{
	struct user_basic basic;

	*who = (struct who){ .waiter.told = told_cb };
	snprintf(basic.name, sizeof basic.name, "%s", name);
	snprintf(basic.password, sizeof basic.password, "%s", password);
	return user_gate_ask(gate, users, &basic, client, now, &who->waiter);
}

static enum user_answer
ask(const char *name, const char *password, struct who *who)
{
	return ask_at(name, password, CLIENT, loop_now(), who);
}

static void
wait_for(struct who *who)
{
	who->last = true;
	loop_run(loop);
	ck_assert_uint_eq(who->told, 1);
}

START_TEST(right)
{
	struct who who, later;

	ck_assert_int_eq(ask("alice", "secret", &who), USER_ASKED);
	wait_for(&who);
	ck_assert(who.right);
	ck_assert_int_eq(ask("alice", "secret", &later), USER_RIGHT);
	ck_assert_int_eq(ask_at("alice", "secret", CLIENT, loop_now() +
	    290 * SECOND, &later), USER_RIGHT);
	ck_assert_int_eq(ask_at("alice", "secret", CLIENT, loop_now() +
	    301 * SECOND, &later), USER_ASKED);
	wait_for(&later);
}
END_TEST

static const struct {
	const char	*name;
	const char	*password;
} wrong[] = {
	{ "alice", "secre" }, { "alice", "" }, { "bob", "secret" },
	{ "", "secret" }, { "alice\x01", "secret" },
};

START_TEST(not_right)
{
	struct who who, later;

	ck_assert_int_eq(ask(wrong[_i].name, wrong[_i].password, &who),
	    USER_ASKED);
	wait_for(&who);
	ck_assert(!who.right);
	ck_assert_int_eq(ask(wrong[_i].name, wrong[_i].password, &later),
	    USER_WRONG);
	ck_assert_int_eq(ask_at(wrong[_i].name, wrong[_i].password, CLIENT,
	    loop_now() + 11 * SECOND, &later), USER_ASKED);
	user_gate_leave(gate, &later.waiter);
}
END_TEST

/* Without memory nobody waits, and whoever asks again is answered. */
START_TEST(no_memory)
{
	enum user_answer answer = USER_NO_MEMORY;
	struct who who;
	unsigned n;

	/* the question, the hash, the password; then a thread for it */
	for (n = 1; answer != USER_ASKED; n++) {
		ck_assert_uint_lt(n, 20);
		check_alloc = n;
		answer = ask("alice", "secret", &who);
		check_alloc = 0;
		ck_assert_int_eq(answer, n < 4 ? USER_NO_MEMORY :
		    answer == USER_ASKED ? USER_ASKED : USER_BUSY);
		if (answer == USER_ASKED)
			break;
		ck_assert_ptr_null(who.waiter.question);
		user_gate_leave(gate, &who.waiter);
	}
	wait_for(&who);
	ck_assert(who.right);
	check_alloc = 1;
	ck_assert_ptr_null(user_gate_new(loop, hasher, checks));
}
END_TEST

/* Whoever asks for the same waits for the same check, and hears of it. */
START_TEST(together)
{
	struct who who[40];
	unsigned i;

	for (i = 0; i < 40; i++)
		ck_assert_int_eq(ask("alice", "secret", &who[i]), USER_ASKED);
	user_gate_leave(gate, &who[0].waiter);
	user_gate_leave(gate, &who[7].waiter);
	wait_for(&who[39]);
	for (i = 0; i < 40; i++) {
		ck_assert_uint_eq(who[i].told, i != 0 && i != 7);
		ck_assert_int_eq(who[i].right, i != 0 && i != 7);
	}
}
END_TEST

static unsigned
ask_many(struct who *who, unsigned n, uint64_t client)
{
	char password[32];
	unsigned i, asked = 0;

	for (i = 0; i < n; i++) {
		snprintf(password, sizeof password, "%u of %u", i,
		    (unsigned)client);
		switch (ask_at("alice", password, client, loop_now(),
		    &who[i])) {
		case USER_ASKED:
			asked++;
			break;
		case USER_BUSY:
			ck_assert_ptr_null(who[i].waiter.question);
			break;
		default:
			ck_abort_msg("neither asked nor busy");
		}
	}
	return asked;
}

/* Those that were done meanwhile make room for others. */
START_TEST(of_one_client)
{
	static struct who who[400];
	unsigned i, n = ask_many(who, 400, CLIENT);

	ck_assert_uint_ge(n, 32);
	ck_assert_uint_lt(n, 400);
	for (i = 0; i < 400; i++)
		user_gate_leave(gate, &who[i].waiter);
}
END_TEST

START_TEST(of_all_clients)
{
	static struct who who[400][4];
	unsigned i, k, n = 0;

	for (i = 0; i < 400; i++)
		n += ask_many(who[i], 4, 1000 + i);
	ck_assert_uint_ge(n, 256);
	ck_assert_uint_lt(n, 1600);
	for (i = 0; i < 400; i++)
		for (k = 0; k < 4; k++)
			user_gate_leave(gate, &who[i][k].waiter);
}
END_TEST

/* Returns how many of thirty were told before one who came after them. */
static unsigned
told_before(unsigned round)
{
	static struct who many[30];
	struct who one;
	char password[32];
	unsigned i, before = 0;

	ck_assert_uint_eq(ask_many(many, 30, CLIENT + 2 * round), 30);
	snprintf(password, sizeof password, "the one of %u", round);
	ck_assert_int_eq(ask_at("alice", password, CLIENT + 2 * round + 1,
	    loop_now(), &one), USER_ASKED);
	wait_for(&one);
	for (i = 0; i < 30; i++)
		before += many[i].told;
	for (i = 0; i < 30; i++)
		user_gate_leave(gate, &many[i].waiter);
	return before;
}

/*
 * One's first goes before another's thirtieth.  Where this thread is held up
 * while it asks, most have been checked by then: not each time.
 */
START_TEST(turns)
{
	unsigned round = 0;

	while (told_before(round) >= 25)
		ck_assert_uint_lt(++round, 20);
}
END_TEST

/* With another hash in the file, nothing that was known holds. */
START_TEST(another_file)
{
	struct who who;

	ck_assert_int_eq(ask("alice", "secret", &who), USER_ASKED);
	wait_for(&who);
	htpasswd_free(users);
	users = parse("alice:$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHn"
	    "S4UpFFP8WIru\n");
	ck_assert_int_eq(ask("alice", "secret", &who), USER_ASKED);
	wait_for(&who);
	ck_assert(!who.right);
	htpasswd_free(users);
	users = parse("bob:" SECRET "\n");
	ck_assert_int_eq(ask("alice", "secret", &who), USER_ASKED);
	wait_for(&who);
	ck_assert(!who.right);
	htpasswd_free(users);
	users = parse("");
	ck_assert_int_eq(ask("alice", "secret", &who), USER_WRONG);
}
END_TEST

/* What nobody has waited for to its end is nobody's business. */
START_TEST(end)
{
	struct who who[3];

	ck_assert_int_eq(ask("alice", "a", &who[0]), USER_ASKED);
	ck_assert_int_eq(ask("alice", "b", &who[1]), USER_ASKED);
	ck_assert_int_eq(ask("alice", "c", &who[2]), USER_ASKED);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("user_gate");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, right);
	tcase_add_loop_test(tc, not_right, 0,
	    (int)(sizeof wrong / sizeof wrong[0]));
	tcase_add_test(tc, no_memory);
	tcase_add_test(tc, together);
	tcase_add_test(tc, of_one_client);
	tcase_add_test(tc, of_all_clients);
	tcase_add_test(tc, turns);
	tcase_add_test(tc, another_file);
	tcase_add_test(tc, end);
	return run_suite(suite);
}
