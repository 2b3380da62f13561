/* SPDX-License-Identifier: ISC */
#include "throttle/estimate_share.h"

#include "throttle/estimate_log.h"
#include "throttle/estimate_save.h"
#include "throttle/larger.h"

#define MOST	(1U << 20)	/* proxies, or requests of theirs */

static uint32_t
few(uint64_t n)
{
	return n < MOST ? (uint32_t)n : MOST;
}

void
estimate_share_begin(struct estimate *e, uint64_t now)
{
	e->several = e->era == 0 && e->phase == ESTIMATE_SHUT ? now : 0;
}

uint64_t
estimate_share_went(const struct estimate *e, uint64_t now, uint64_t *ago,
    uint64_t *late)
{
	if (e->era != 0 || e->log.total == 0)
		return 0;
	*ago = now > e->log.first ? now - e->log.first : 0;
	*late = e->phase == ESTIMATE_SHUT ? e->beside : 0;
	return e->log.total;
}

void
estimate_share_merge(struct estimate *e, uint64_t n, uint64_t late,
    uint64_t ago, uint64_t now)
{
	uint64_t first = now > ago ? now - ago : 0;

	if (n == 0 || !estimate_gathers(e))
		return;
	e->beside += few(late);
	/* not until the refused one was sent: a slow host has admitted others
	   since then */
	estimate_log_merge(&e->log, few(n), first < e->several ? first :
	    e->several, e->several);
	/* it has asked while they were on their way, and slots come back with
	   them */
	if (e->beside >= e->log.total - e->log.total / 4)
		e->asked = 0;
}

bool
estimate_share_load(struct estimate *e, const char *text, uint64_t gone,
    uint64_t now)
{
	const struct estimate was = *e;

	if (!estimate_load(e, text, gone, now))
		return false;
	estimate_tick(e, now);
	e->loan = was.loan + 1;
	e->peers = was.peers;
	e->abroad = was.abroad;
	e->last = was.last;
	return true;
}

void
estimate_share_peers(struct estimate *e, uint64_t peers)
{
	e->peers = few(peers);
}

void
estimate_share_abroad(struct estimate *e, uint64_t n)
{
	e->abroad = few(n);
}

uint64_t
estimate_share_memory(const struct estimate *e)
{
	uint64_t memory = BUDGET_MEMORY;
	unsigned i;

	for (i = 0; e->windows != NULL && i < ESTIMATE_WINDOWS; i++)
		if (e->windows[i].n != 0)
			memory = larger(memory, 2 * e->windows[i].hi);
	return memory;
}
