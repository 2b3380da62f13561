/* SPDX-License-Identifier: ISC */
#include "throttle/slots_account.h"

#include <stdlib.h>

#include "throttle/lease_math.h"

#define RETRY	100000000ULL	/* ns: after a question that came to nothing */
#define SOON	1000000000ULL	/* ns: after several */
#define MILLION	1000000U
#define WEIGHT	(1U << 20)	/* no more, so that scripts have it exactly */

static uint64_t
others_end(const struct lease_terms *terms, uint64_t now)
{
	return sum(now, lease_at_latest(sum(SLOTS_TTL,
	    terms->grace)));
}

struct slots_account *
slots_account_new(uint64_t id, const struct lease_terms *terms, uint64_t now)
{
	struct slots_account *a = calloc(1, sizeof *a);

	if (a == NULL)
		return NULL;
	a->id = id;
	a->terms = *terms;
	a->own_from = others_end(terms, now);
	lease_slots_hold_init(&a->hold, SLOTS_TTL, terms->grace);
	return a;
}

void
slots_account_free(struct slots_account *a)
{
	free(a);
}

bool
slots_account_is_cut(const struct slots_account *a)
{
	return a->terms.source == LEASE_STORE && a->failures >= LEASE_CUT;
}

enum lease_source
slots_account_source(const struct slots_account *a)
{
	return slots_account_is_cut(a) ? a->terms.without : a->terms.source;
}

void
slots_account_set(struct slots_account *a, const struct lease_terms *terms,
    uint64_t now)
{
	enum lease_source was = a->terms.source;

	a->terms = *terms;
	a->hold.grace = terms->grace;
	if (was == terms->source)
		return;
	lease_slots_hold_lost(&a->hold);
	a->retry = a->hold.again = 0;
	if (was == LEASE_STORE && a->failures < LEASE_CUT)
		a->own_from = others_end(terms, now);
	a->failures = 0;
}

/* What is kept from the store, for when there is none. */
static uint32_t
reserved(const struct lease_terms *terms, uint32_t limit)
{
	return (uint32_t)((uint64_t)limit * terms->reserve / MILLION);
}

uint32_t
slots_account_may(const struct slots_account *a, uint32_t limit, uint64_t now)
{
	const struct lease_terms *terms = &a->terms;
	enum lease_source source = slots_account_source(a);
	uint32_t all = terms->reserve > 0 ? reserved(terms, limit) : limit;

	if (source == LEASE_OPEN)
		return limit;
	if (source == LEASE_OWN && now >= a->own_from)
		return (uint32_t)(all / larger(terms->peers, 1));
	return lease_slots_hold_block(&a->hold, now);
}

bool
slots_account_is_new(const struct slots_account *a, uint64_t now)
{
	return slots_account_source(a) == LEASE_STORE && (a->hold.asks ||
	    (a->hold.again <= now && a->retry <= now));
}

bool
slots_account_is_away(const struct slots_account *a)
{
	return slots_account_source(a) == LEASE_NOWHERE;
}

bool
slots_account_has_some(const struct slots_account *a, uint64_t now)
{
	return a->hold.held > 0 && now < a->hold.ends;
}

uint64_t
slots_account_at(struct slots_account *a, uint32_t busy, uint32_t waiting,
    uint64_t now)
{
	uint64_t at;

	if (a->terms.source == LEASE_OWN)
		return waiting > 0 && now < a->own_from ? a->own_from :
		    BUDGET_NEVER;
	if (a->terms.source != LEASE_STORE)
		return BUDGET_NEVER;
	at = lease_slots_hold_due(&a->hold, busy, waiting, now);
	return larger(larger(at, a->retry), now);
}

void
slots_account_ask(struct slots_account *a, uint32_t limit, uint32_t weight,
    uint32_t busy, uint32_t waiting, uint64_t now)
{
	struct lease_slots_question *q = &a->question;

	*q = (struct lease_slots_question){
		.holder = a->id,
		.limit = limit - reserved(&a->terms, limit),
		.weight = (uint32_t)larger(lease_smaller(weight, WEIGHT), 1),
	};
	lease_slots_hold_ask(&a->hold, busy, waiting, now, q);
}

void
slots_account_yield(struct slots_account *a, uint32_t busy)
{
	lease_slots_hold_yield(&a->hold, busy);
}

bool
slots_account_leave(struct slots_account *a, uint32_t limit, uint32_t busy,
    uint64_t now)
{
	if (slots_account_source(a) != LEASE_STORE || a->hold.number == 0)
		return false;
	slots_account_ask(a, limit, 1, busy, 0, now);
	a->question.holds = busy;
	a->question.good = a->question.want = 0;
	a->question.leaves = true;
	return true;
}

void
slots_account_take(struct slots_account *a,
    const struct lease_slots_answer *answer, uint64_t received)
{
	if (answer != NULL) {
		a->failures = 0;
		lease_slots_hold_answer(&a->hold, answer, received);
		return;
	}
	lease_slots_hold_lost(&a->hold);
	if (a->failures < LEASE_CUT && ++a->failures == LEASE_CUT)
		a->own_from = others_end(&a->terms, received);
	a->retry = received + (a->failures < LEASE_CUT ? RETRY : SOON);
}
