/* SPDX-License-Identifier: ISC */
#include "throttle/lease_pause.h"

#include "throttle/lease_math.h"

void
lease_pause_learn(struct lease_pause *p, uint64_t until)
{
	if (until <= p->ends)
		return;
	p->mine = p->ends = until;
}

static uint64_t
rounded(uint64_t ns)
{
	return sum(ns, LEASE_PAUSE_UNIT - 1) / LEASE_PAUSE_UNIT *
	    LEASE_PAUSE_UNIT;
}

void
lease_pause_probe(struct lease_pause *p, uint64_t now)
{
	p->ends = larger(p->ends, now);
}

bool
lease_pause_waits(const struct lease_pause *p)
{
	return p->ends != 0 && p->told > p->opened;
}

void
lease_pause_open(struct lease_pause *p)
{
	p->opened = larger(p->told, p->said);
	p->mine = p->ends = 0;
}

bool
lease_pause_has_news(const struct lease_pause *p, const struct lease_clock *c)
{
	return p->opened > p->heard || p->said > p->told ||
	    (p->mine != 0 && c->theirs != 0);
}

uint64_t
lease_pause_tell(struct lease_pause *p, const struct lease_clock *c,
    uint64_t *opened)
{
	if (p->mine != 0 && c->theirs != 0) {
		/* as if the store had answered when it was asked */
		p->said = rounded(sum(c->theirs,
		    lease_at_latest(lease_less(p->mine, c->sent))));
		p->mine = 0;
	}
	*opened = p->opened;
	return p->said > p->told ? p->said : 0;
}

uint64_t
lease_pause_take(struct lease_pause *p, uint64_t until,
    const struct lease_clock *c, uint64_t longest)
{
	bool is_news = until > p->told, is_mine = until == p->said;
	uint64_t at;

	if (until < p->told) {
		/* its clock may be another one, too */
		p->said = p->opened = 0;
		p->mine = p->ends > c->received ? p->ends : 0;
	}
	p->told = until;
	p->heard = p->opened;
	if (!is_news || is_mine || until <= c->theirs)
		return 0;
	at = sum(c->received, lease_smaller(longest,
	    lease_at_latest(until - c->theirs)));
	if (at <= p->ends)
		return 0;
	p->ends = at;
	return at;
}
