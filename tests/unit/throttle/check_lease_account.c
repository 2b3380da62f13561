/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include <check.h>

#include "check_run.h"
#include "throttle/gcra.h"
#include "throttle/lease_account.h"
#include "throttle/lease_grant.h"

/*
 * Proxies with one budget and a store that is so far away, at each of which a
 * few clients ask again a little after they went; what all of them have admitted
 * is given to one bucket.
 */

#define U	1000000ULL	/* a cost of 1 */
#define MS	1000000ULL
#define SEC	1000000000ULL
#define PROXIES	8
#define CLIENTS	4
#define AGAIN	(3 * MS)

struct proxy {
	struct lease_account	*account;
	uint64_t		 back[CLIENTS];	/* ns: they ask again */
	struct lease_question	 question;
	struct lease_answer	 answer;
	uint64_t		 number;
	uint64_t		 sent;		/* ns; 0: none is under way */
	uint64_t		 arrives;	/* ns; 0: it has */
	uint64_t		 answered;	/* ns */
	uint64_t		 spent;
};

static struct budget_limits limits;
static struct lease_grantor grantor;
static struct lease_holder holders[PROXIES];
static struct proxy proxies[PROXIES];
static struct gcra ever;
static uint64_t now, far, seed;
static unsigned n;

static uint64_t
trip(void)
{
	seed = seed * 6364136223846793005U + 1442695040888963407U;
	return far + (seed >> 33) % (far / 4 + 1);
}

static unsigned
waiting(const struct proxy *p)
{
	unsigned i, all = 0;

	for (i = 0; i < CLIENTS; i++)
		all += p->back[i] <= now;
	return all;
}

static void
spend(struct proxy *p)
{
	unsigned i;

	for (i = 0; i < CLIENTS; i++) {
		if (p->back[i] > now ||
		    lease_account_due(p->account, U, now) > now)
			continue;
		lease_account_spend(p->account, U, now);
		ck_assert(gcra_conforms(&ever, U, now));
		gcra_take(&ever, U, now);
		p->back[i] = now + AGAIN;
		p->spent++;
	}
}

static void
ask(struct proxy *p)
{
	unsigned all = waiting(p);

	if (p->sent != 0 || all == 0 ||
	    lease_account_due(p->account, U, now) != BUDGET_NEVER ||
	    lease_account_at(p->account, U, 0, now) > now)
		return;
	lease_account_ask(p->account, U, all * U, 1, now);
	p->question = p->account->question;
	p->number = p->account->number;
	p->sent = now;
	p->arrives = now + trip();
}

static void
carry(struct proxy *p)
{
	if (p->sent == 0)
		return;
	if (p->arrives != 0 && p->arrives <= now) {
		lease_grant_share(&grantor, &p->question, 1, now, &p->answer);
		p->arrives = 0;
		p->answered = now + trip();
	} else if (p->arrives == 0 && p->answered <= now) {
		(void)lease_account_take(p->account, p->number, &p->answer,
		    p->sent, now);
		p->sent = 0;
	}
}

static void
run(uint64_t seconds)
{
	uint64_t end = now + seconds * SEC;
	unsigned i;

	for (; now < end; now += MS)
		for (i = 0; i < n; i++) {
			carry(&proxies[i]);
			spend(&proxies[i]);
			ask(&proxies[i]);
		}
}

static void
begin(uint64_t capacity, uint64_t burst)
{
	const struct lease_terms terms = { .source = LEASE_STORE };
	unsigned i;

	now = 1000 * SEC;
	seed = 1;
	limits = (struct budget_limits){ .nrates = 1, .rates = {
		{ capacity * U, SEC, burst * U, false } } };
	gcra_init(&ever, &limits.rates[0]);
	lease_grantor_init(&grantor, &limits, NULL, holders, PROXIES);
	grantor.run = 1;
	for (i = 0; i < n; i++) {
		proxies[i] = (struct proxy){ .account =
		    lease_account_new(&limits, i + 1, 0) };
		ck_assert_ptr_nonnull(proxies[i].account);
		ck_assert(lease_account_set(proxies[i].account, &terms, now));
	}
}

/* How many proxies, how far away, with how long a burst; what is used (%). */
static const struct {
	unsigned	 n;
	uint64_t	 far;		/* ms, one way */
	uint64_t	 burst;
	uint64_t	 used;
} crowds[] = {
	{ 1, 1, 10, 99 }, { 2, 1, 10, 99 }, { 8, 1, 10, 97 },
	{ 2, 50, 50, 98 }, { 8, 50, 50, 98 },
	/* where a burst is shorter than what is in between each lease costs
	   that, so there are to be few of them */
	{ 1, 50, 10, 60 }, { 2, 50, 10, 60 }, { 8, 50, 10, 60 },
	{ 8, 100, 10, 35 },
};

START_TEST(few_clients_use_it)
{
	uint64_t before[PROXIES], all = 0, least = UINT64_MAX;
	unsigned i;

	n = crowds[_i].n;
	far = crowds[_i].far * MS;
	begin(100, crowds[_i].burst);
	run(20);
	for (i = 0; i < n; i++)
		before[i] = proxies[i].spent;
	run(40);
	for (i = 0; i < n; i++) {
		before[i] = proxies[i].spent - before[i];
		all += before[i];
		least = before[i] < least ? before[i] : least;
		lease_account_free(proxies[i].account);
	}
	printf("# %u proxies, %llu ms away, burst %llu: %.1f %% used, "
	    "%.1f %% of its part the least\n", n,
	    (unsigned long long)crowds[_i].far,
	    (unsigned long long)crowds[_i].burst, (double)all / 40,
	    100.0 * (double)least * n / (double)all);
	ck_assert_uint_ge(all, crowds[_i].used * 40);
	ck_assert_uint_ge(least * n * 2, all);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lease_account");
	TCase *tc = tcase_create("crowds");

	tcase_set_timeout(tc, 60);
	ROWS(tc, few_clients_use_it, crowds);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
