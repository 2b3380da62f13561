/* SPDX-License-Identifier: ISC */

/*
 * A throttle whose leases and slots are a store's, and a store that says what it
 * likes: each answer is numbers of the input, read as store_redis.c reads them,
 * late, lost, twice, or to another question.  Whatever it says, no more goes than
 * it has lent, nor than the own limits allow, and all can go on afterwards.
 *
 * The first byte says what holds without the store.  Then a byte is what comes
 * next, and what it needs follows.
 */

#include "fuzz.h"

#include "hosts/store_command.h"
#include "net/redis_reply.h"
#include "throttle/throttle.h"
#include "throttle/throttle_store.h"

#define U	BUDGET_UNIT
#define MS	UINT64_C(1000000)
#define START	(UINT64_C(1000000) * MS)
#define WAITERS	16
#define POSED	8
#define STEPS	400
#define ROUND	64	/* more questions than budgets can have at once */
#define NUMBERS	(9 + 2 * BUDGET_RATES)
#define SLOTS	3
#define CAPACITY 20
#define BURST	5

struct posed {
	bool			 open;
	unsigned		 budget;
	uint64_t		 number;
	uint64_t		 sent;
	bool			 of_host;
	struct budget_limits	 limits;
	struct lease_question	 ask;
	struct lease_slots_question slots;	/* its holder 0: a lease */
};

static const uint8_t	*in, *in_end;
static struct throttle	*throttle;
static struct throttle_waiter waiters[WAITERS];
static struct posed	 posed[POSED];
static struct lease_terms terms;
static uint64_t		 ids, now, theirs;
static uint64_t		 lent, spent, went;	/* of the host's own budget */

static unsigned
byte(void)
{
	return in < in_end ? *in++ : 0;
}

/* Small ones, those near the store's clock, and any, big-endian. */
static long long
number(void)
{
	unsigned kind = byte(), i, n = kind & 7;
	uint64_t v = 0;

	for (i = 0; i <= n; i++)
		v = v << 8 | byte();
	if (kind & 8)
		v = theirs + v % 4000000000;
	if (kind & 16)
		v = theirs > v ? theirs - v : 0;
	if (kind & 32)
		v *= U;
	return (long long)v;
}

static void
begin(void)
{
	static const struct budget_limits part = {
		.rates = { { 5 * U, 1000 * MS, 2 * U, false },
		    { 50 * U, 60000 * MS, U, true } },
		.nrates = 2,
		.concurrency = 2,
	};
	static const struct throttle_limits limits = {
		.host = {
			.rates = { { CAPACITY * U, 1000 * MS, BURST * U,
			    false } },
			.nrates = 1,
			.concurrency = SLOTS,
		},
		.parts = { &part },
		.nparts = 1,
		.queue_length = WAITERS,
	};
	static const enum lease_source without[] = {
		LEASE_NOWHERE, LEASE_OPEN, LEASE_OWN, LEASE_NOWHERE,
	};
	unsigned how = byte();

	terms = (struct lease_terms){
		.source = LEASE_STORE,
		.without = without[how & 3],
		.peers = 1 + (how >> 2 & 3),
		.reserve = how & 16 ? 250000 : 0,
		.grace = how & 32 ? 10000 * MS : 0,
	};
	memset(waiters, 0, sizeof waiters);
	memset(posed, 0, sizeof posed);
	ids = lent = spent = went = 0;
	now = START;
	theirs = START / 1000;
	throttle = throttle_new(&limits);
	REQUIRE(throttle != NULL);
	throttle_store(throttle);
}

static void
note_gone(struct throttle_waiter *w)
{
	went++;
	spent += w->fair.cost;
	REQUIRE(throttle_inflight(throttle) <= SLOTS);
	if (terms.without == LEASE_NOWHERE)
		REQUIRE(spent <= lent);
	REQUIRE((wide)spent <= (wide)BURST * U + (wide)(now - START +
	    THROTTLE_LATE) * CAPACITY * U / (1000 * MS));
	throttle_sent(throttle, w, now);
}

static void
admit(void)
{
	struct throttle_waiter *w;
	unsigned n = 0;

	while ((w = throttle_next(throttle, now)) != NULL) {
		REQUIRE(n++ < WAITERS);
		note_gone(w);
	}
	REQUIRE(throttle_store_due(throttle, now) >= now);
}

static void
come(unsigned i)
{
	struct throttle_waiter *w = &waiters[i % WAITERS];
	struct throttle_request q = {
		.client = i % 3,
		.owner = i % 3,
		.cost = (1 + i / 64) * U / 2,
		.deadline = THROTTLE_NEVER,
		.weight = FAIR_WEIGHT,
		.part = i % 4 == 0 ? 0 : THROTTLE_WHOLE,
	};
	struct throttle_report r;

	if (w->fair.flow != NULL || w->held)
		return;
	if (throttle_ask(throttle, w, &q, now, &r) == THROTTLE_GO)
		note_gone(w);
}

static void
leave(unsigned i)
{
	struct throttle_waiter *w = &waiters[i % WAITERS];

	if (w->fair.flow != NULL)
		throttle_cancel(throttle, w);
	else if (w->held) {
		throttle_verdict(throttle, w, (enum budget_verdict)(i / 16 % 3),
		    now);
		throttle_release(throttle, w, now);
	}
}

static void
pose(const struct throttle_store_question *q)
{
	struct posed *p = &posed[0];
	unsigned i;

	for (i = 0; i < POSED && p->open; i++)
		p = &posed[i];
	*p = (struct posed){
		.open = true,
		.budget = q->budget,
		.number = q->number,
		.sent = now,
		.of_host = q->whose == THROTTLE_OF_HOST,
	};
	if (q->slots != NULL)
		p->slots = *q->slots;
	else {
		p->limits = *q->limits;
		p->ask = *q->ask;
	}
}

static void
ask_store(bool tells)
{
	struct throttle_store_round r = { .terms = terms, .ids = &ids,
	    .tells = tells };
	struct throttle_store_question q;
	unsigned n = 0;

	while (throttle_store_ask(throttle, &r, now, &q)) {
		REQUIRE(n++ < ROUND);
		REQUIRE((q.ask == NULL) != (q.slots == NULL));
		pose(&q);
	}
}

/* An array of so many numbers of the input. */
static const struct redis_reply *
reply(size_t n)
{
	static struct redis_reply all, parts[NUMBERS];
	size_t i;

	REQUIRE(n <= NUMBERS);
	for (i = 0; i < n; i++)
		parts[i] = (struct redis_reply){ .kind = REDIS_INTEGER,
		    .integer = number(),
		    .next = i + 1 < n ? &parts[i + 1] : NULL };
	all = (struct redis_reply){ .kind = REDIS_ARRAY, .first = parts };
	return &all;
}

static void
answer_slots(struct posed *p, bool lost)
{
	const struct store_asking a = { .slots = &p->slots };
	struct lease_slots_answer l;
	bool ok = !lost && store_read_slots(reply(8), &a, &l) == NULL;

	throttle_store_take_slots(throttle, p->budget, p->slots.holder,
	    ok ? &l : NULL, now);
}

static void
answer_lease(struct posed *p, bool lost)
{
	const struct store_asking a = { .limits = &p->limits, .ask = &p->ask };
	struct throttle_store_question about;
	struct lease_answer l;
	bool ok = !lost && store_read(reply(9 + 2 * p->limits.nrates), &a,
	    &l) == NULL;

	if (ok && p->of_host && l.serial != 0)
		lent += l.amount;
	(void)throttle_store_take(throttle, p->budget, p->number,
	    ok ? &l : NULL, p->sent, now);
	(void)throttle_store_news(throttle, p->budget, &about);
}

static void
answer(unsigned how)
{
	struct posed *p = &posed[how % POSED];

	if (!p->open)
		return;
	p->open = how & 64;	/* it may be answered once more */
	if (p->slots.holder != 0)
		answer_slots(p, how & 128);
	else
		answer_lease(p, how & 128);
}

/* The store's clock is another one, in us. */
static void
pass(unsigned n)
{
	now += (n & 63) * (n & 64 ? 100 * MS : MS);
	if (!(n & 128))
		theirs = now / 1000;
}

static void
step(void)
{
	switch (byte() % 8) {
	case 0:
		pass(byte());
		break;
	case 1:
		leave(byte());
		break;
	case 2:
	case 3:
		come(byte());
		break;
	case 4:
		ask_store(byte() & 1);
		break;
	case 5:
	case 6:
		answer(byte());
		break;
	case 7:
		terms.source = byte() & 1 ? LEASE_STORE : terms.without;
		break;
	}
	admit();
}

static void
finish(void)
{
	unsigned i;

	for (i = 0; i < WAITERS; i++)
		leave(i);
	REQUIRE(throttle_waiting(throttle) == 0);
	REQUIRE(throttle_inflight(throttle) == 0);
	throttle_free(throttle);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned n;

	in = data;
	in_end = size > 0 ? data + size : data;
	begin();
	for (n = 0; n < STEPS && in < in_end; n++)
		step();
	finish();
	return 0;
}
