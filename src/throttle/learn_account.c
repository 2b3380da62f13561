/* SPDX-License-Identifier: ISC */
#include "throttle/learn_account.h"

#include <stdlib.h>

#include "base/sum.h"
#include "throttle/estimate_lost.h"
#include "throttle/lease_math.h"

#define RETRY	100000000ULL	/* ns: after a question that came to nothing */
#define SOON	1000000000ULL	/* ns: after several */
#define LINGER	50000000ULL	/* ns: the next one may be about to come */
#define TRIPS	16		/* in a slice */
#define GATHERS	(3 * LEASE_HORIZON)	/* it asks for that often, so long */
#define LONGEST_SLICE (10 * LEASE_HORIZON)

static uint64_t
others_end(uint64_t now)
{
	return sum(now, lease_at_latest(LEASE_HORIZON));
}

struct learn_account *
learn_account_new(uint64_t id, const struct lease_terms *terms, uint64_t now)
{
	struct learn_account *a = calloc(1, sizeof *a);

	if (a == NULL)
		return NULL;
	a->id = id;
	a->terms = *terms;
	a->own_from = others_end(now);
	return a;
}

void
learn_account_free(struct learn_account *a)
{
	free(a);
}

bool
learn_account_is_cut(const struct learn_account *a)
{
	return a->terms.source == LEASE_STORE && a->failures >= LEASE_CUT;
}

static enum lease_source
source_of(const struct learn_account *a)
{
	return learn_account_is_cut(a) ? a->terms.without : a->terms.source;
}

static void
set_peers(const struct learn_account *a, struct estimate *e)
{
	estimate_share_peers(e, source_of(a) == LEASE_OWN ? a->terms.peers :
	    0);
}

void
learn_account_set(struct learn_account *a, struct estimate *e,
    const struct lease_terms *terms, uint64_t now)
{
	enum lease_source was = a->terms.source;

	a->terms = *terms;
	if (was != terms->source) {
		a->asks = false;
		a->retry = a->again = 0;
		if (was == LEASE_STORE && a->failures < LEASE_CUT)
			a->own_from = others_end(now);
		a->failures = 0;
	}
	set_peers(a, e);
}

static bool
has_loan(const struct learn_account *a, uint64_t now)
{
	return a->has && now < a->ends;
}

bool
learn_account_may(const struct learn_account *a, uint64_t now)
{
	enum lease_source source = source_of(a);

	if (source == LEASE_OPEN ||
	    (source == LEASE_OWN && now >= a->own_from))
		return true;
	if (a->free && now < a->ends)
		return true;
	return has_loan(a, now) && a->drains == 0 && a->spent < LEARN_AHEAD;
}

bool
learn_account_has_turn(const struct learn_account *a, uint64_t now)
{
	if (source_of(a) != LEASE_STORE)
		return true;
	return !a->recorded || (has_loan(a, now) && a->drains == 0);
}

void
learn_account_went(struct learn_account *a)
{
	a->went++;
	a->spent++;
}

void
learn_account_order(struct learn_account *a, bool renews, uint64_t now)
{
	a->renews = renews || (a->ordered != 0 && a->renews);
	a->ordered = now;
	a->differs = true;
}

void
learn_account_hear(struct learn_account *a, const struct estimate *e,
    uint64_t now)
{
	a->again = 0;
	/* who can do nothing now may be told that it can */
	a->hears = has_loan(a, now) && estimate_start(e, now) > now;
}

bool
learn_account_is_new(const struct learn_account *a, uint64_t now)
{
	return source_of(a) == LEASE_STORE && (a->asks ||
	    (a->again <= now && a->retry <= now));
}

/* Asking */

static bool
is_dirty(const struct learn_account *a, const struct estimate *e)
{
	return !a->recorded || a->differs || a->spent > a->posed ||
	    e->last > a->written || e->heard > a->written;
}

/* How long it keeps the loan while others wait. */
static uint64_t
slice(const struct estimate *e)
{
	return lease_smaller(larger(LEARN_SLICE, TRIPS * e->rtt),
	    LONGEST_SLICE);
}

/* When it is to be passed on, or given back (ns); BUDGET_NEVER: by no time. */
static uint64_t
pass_at(const struct learn_account *a, const struct estimate *e, bool waits,
    uint64_t now)
{
	uint64_t over = sum(a->since, slice(e));
	uint64_t start = estimate_start(e, now);

	if (!waits && !a->others && e->flying > 0)
		return BUDGET_NEVER;
	if (!waits)
		return sum(larger(e->last, a->since), LINGER);
	if (!a->others || (a->went == 0 && start > now))
		return BUDGET_NEVER;
	/* there is nothing to do with it until then */
	return start > over && a->went > 0 ? now : over;
}

/* Whether others are about to tell what went before anybody was refused. */
static bool
gathers(const struct estimate *e, uint64_t now)
{
	return estimate_gathers(e) && now < sum(e->several, GATHERS);
}

/* When what it has learned is written down (ns). */
static uint64_t
write_at(const struct learn_account *a, const struct estimate *e, uint64_t now)
{
	uint64_t at = sum(a->asked, LEASE_HORIZON / 2);

	if (a->spent - a->posed >= LEARN_AHEAD / 2)
		return now;
	return is_dirty(a, e) || gathers(e, now) ? lease_smaller(at,
	    sum(a->asked, LEASE_REPORT)) : at;
}

static uint64_t
with_loan_at(struct learn_account *a, const struct estimate *e, bool waits,
    uint64_t now)
{
	uint64_t at = pass_at(a, e, waits, now);

	if (a->drains == 0 && at <= now)
		a->drains = sum(now, estimate_is_known(e) ?
		    LEARN_DRAIN_SURE : LEARN_DRAIN);
	if (a->drains != 0)
		at = e->flying == 0 ? now : a->drains;
	return lease_smaller(at, write_at(a, e, now));
}

static uint64_t
without_loan_at(const struct learn_account *a, const struct estimate *e,
    bool waits, uint64_t now)
{
	uint64_t at = BUDGET_NEVER;

	if (!a->recorded && !estimate_is_open(e))
		return a->again;
	if (waits)
		at = a->again;
	if (a->free && now < a->ends && (waits || a->went > 0))
		at = lease_less(a->ends, LEASE_HORIZON / 2);
	/* who has the loan is to know of them before it asks the host */
	if (a->recorded && !a->told && e->flying == 0 && e->era == 0 &&
	    e->log.total > 0)
		at = now;
	/* who has the loan counts them */
	if (e->slots.n != 0 && e->flying != a->flying)
		at = lease_smaller(at, sum(a->asked, LEASE_REPORT));
	return at;
}

uint64_t
learn_account_at(struct learn_account *a, const struct estimate *e, bool waits,
    uint64_t now)
{
	uint64_t at;

	if (a->terms.source == LEASE_OWN)
		return waits && now < a->own_from ? a->own_from :
		    BUDGET_NEVER;
	if (a->terms.source != LEASE_STORE || a->asks)
		return BUDGET_NEVER;
	if (a->ordered != 0 || a->hears)
		at = now;
	else if (has_loan(a, now))
		at = with_loan_at(a, e, waits, now);
	else
		at = without_loan_at(a, e, waits, now);
	return larger(larger(at, a->retry), now);
}

void
learn_account_ask(struct learn_account *a, struct estimate *e, bool waits,
    char text[ESTIMATE_SAVED], uint64_t now)
{
	struct lease_learn_question *q = &a->question;
	bool has = has_loan(a, now), offers;

	offers = !has && !a->recorded && !estimate_is_open(e);
	if (offers && a->free)
		estimate_share_begin(e, now);
	*q = (struct lease_learn_question){
		.holder = a->id,
		.number = q->number + 1,
		.known = a->known,
		.has = has,
		.returns = has && a->drains != 0 && (e->flying == 0 ||
		    now >= a->drains),
		.wants = waits,
		.ahead = LEARN_AHEAD,
		.flying = e->flying,
		.merged = a->merged,
		.merged_late = a->merged_late,
		.heeded = a->heeded,
		.orders = a->ordered != 0 ? larger(lease_less(now, a->ordered),
		    1) : 0,
		.renews = a->renews,
		.ttl = LEASE_HORIZON,
		.memory = estimate_share_memory(e),
	};
	/* those that are on their way would be missing */
	if (!a->told && e->flying == 0 && !has)
		q->went = estimate_share_went(e, now, &q->began, &q->late);
	if (offers || (has && is_dirty(a, e)))
		q->text = estimate_save(text, e, now);
	if (has && q->text != NULL)
		a->differs = false;
	a->has = has && !q->returns;
	a->posed = a->spent;
	a->written = now;
	a->flying = e->flying;
	a->asks = true;
	a->asked = now;
	a->ordering = a->ordered;
	a->hears = false;
	/* a pass is asked for anew by what goes from now on */
	if (!has)
		a->went = 0;
}

bool
learn_account_leave(struct learn_account *a, struct estimate *e, bool ends,
    char text[ESTIMATE_SAVED], uint64_t now)
{
	if (source_of(a) != LEASE_STORE || !has_loan(a, now))
		return false;
	learn_account_ask(a, e, false, text, now);
	a->question.returns = true;
	if (ends)
		a->question.flying = 0;
	a->has = false;
	return true;
}

/* Another one's knowledge; one that cannot be read is as none. */
static void
begin_loan(struct learn_account *a, struct estimate *e,
    const struct lease_learn_answer *answer, uint64_t sent, uint64_t received)
{
	uint64_t gone = sum(lease_less(answer->now, answer->written),
	    lease_less(received, sent));

	a->since = received;
	a->went = a->spent = a->posed = 0;
	a->drains = 0;
	a->written = received;
	a->merged = answer->merged;
	a->merged_late = answer->merged_late;
	a->told = true;
	a->differs = false;
	if (answer->text == NULL)
		return;
	a->differs = answer->lost > 0;
	a->heeded = answer->heeded;
	if (!estimate_share_load(e, answer->text, gone, received)) {
		estimate_share_begin(e, received);
		a->differs = true;
	}
	if (answer->lost > 0)
		estimate_lost(e, answer->lost, received);
}

/* What was ordered elsewhere, or before it was lent what it knows. */
static void
heed(struct learn_account *a, struct estimate *e,
    const struct lease_learn_answer *answer)
{
	bool is_loaded = a->has && answer->text != NULL;

	if (a->ordered == a->ordering)
		a->ordered = a->renews = 0;
	/* its own it has done to what it knew */
	if (a->ordering != 0 && !is_loaded)
		a->heeded = answer->ordered;
	if (answer->renewed > a->heeded)
		estimate_renew(e);
	else if (answer->ordered > a->heeded)
		estimate_resume(e);
	a->differs = a->differs || answer->ordered > a->heeded;
	/* it is less where its clock is another one */
	a->heeded = answer->ordered;
}

void
learn_account_take(struct learn_account *a, struct estimate *e,
    const struct lease_learn_answer *answer, uint64_t sent, uint64_t received)
{
	if (!a->asks)
		return;
	a->asks = false;
	if (answer == NULL) {
		if (a->failures < LEASE_CUT && ++a->failures == LEASE_CUT)
			a->own_from = others_end(received);
		a->retry = received + (a->failures < LEASE_CUT ? RETRY : SOON);
		set_peers(a, e);
		return;
	}
	a->failures = 0;
	set_peers(a, e);
	a->spent -= lease_smaller(a->posed, a->spent);
	a->posed = 0;
	a->others = answer->others;
	a->again = answer->again_at > answer->now ? sum(received,
	    answer->again_at - answer->now) : 0;
	a->recorded = answer->known;
	estimate_share_abroad(e, answer->abroad);
	a->free = answer->free;
	if (answer->serial != 0 && answer->serial != a->known)
		begin_loan(a, e, answer, sent, received);
	a->has = answer->serial != 0;
	heed(a, e, answer);
	a->told = a->told || (answer->known && a->question.went != 0);
	if (a->free)
		a->told = false;
	if (a->has)
		a->known = answer->serial;
	if (a->has && answer->went > a->merged) {
		estimate_share_merge(e, answer->went - a->merged,
		    lease_less(answer->late, a->merged_late),
		    sum(lease_less(answer->now, answer->began),
		    lease_less(received, sent)), received);
		a->merged = answer->went;
		a->merged_late = answer->late;
	}
	if (a->has || a->free)
		a->ends = sum(sent, lease_at_earliest(
		    lease_less(answer->ends, answer->now)));
}
