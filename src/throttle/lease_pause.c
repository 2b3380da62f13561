/* SPDX-License-Identifier: ISC */
#include "throttle/lease_pause.h"

#include "throttle/lease_math.h"

void
lease_pause_learn(struct lease_pause *p, uint64_t until, uint64_t now)
{
	if (until <= p->ends)
		return;
	p->mine = p->ends = until;
	p->since = now;
}

static void
end_all(struct lease_pause *p)
{
	p->said = p->opened = p->heard = 0;
	p->mine = p->ends = 0;
}

void
lease_pause_order(struct lease_pause *p, uint64_t at)
{
	end_all(p);
	p->ordered = at;
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
	return p->opened > p->heard || p->said > p->told || p->ordered != 0 ||
	    (p->mine != 0 && c->theirs != 0);
}

struct lease_turn_news
lease_pause_tell(struct lease_pause *p, const struct lease_clock *c,
    uint64_t now)
{
	struct lease_turn_news n = { .heeded = p->heeded };

	if (p->mine != 0 && c->theirs != 0) {
		/* as if the store had answered when it was asked */
		p->said = rounded(sum(c->theirs,
		    lease_at_latest(lease_less(p->mine, c->sent))));
		p->mine = 0;
	}
	n.opened = p->opened;
	n.pause = p->said > p->told ? p->said : 0;
	n.ago = n.pause != 0 ? lease_less(now, p->since) : 0;
	/* how long ago that was needs no clock but its own */
	p->posed = p->ordered;
	if (p->posed != 0)
		n.orders = larger(lease_less(now, p->posed), 1);
	return n;
}

bool
lease_pause_heed(struct lease_pause *p, uint64_t ordered, uint64_t until,
    const struct lease_clock *c)
{
	bool is_mine = p->posed != 0, is_news = ordered > p->heeded;
	uint64_t at = lease_less(c->received, lease_less(c->theirs, ordered));

	if (p->ordered == p->posed)
		p->ordered = 0;
	p->posed = 0;
	/* it is less where its clock is another one */
	p->heeded = ordered;
	/* what is newer goes on, be it known here or there */
	if (!is_news || is_mine || p->since > at || until > c->theirs)
		return false;
	end_all(p);
	return true;
}

uint64_t
lease_pause_take(struct lease_pause *p, uint64_t until,
    const struct lease_clock *c, uint64_t longest)
{
	bool is_news = until > p->told, is_mine = until == p->said;
	uint64_t at;

	/* what it says is of before that */
	if (p->ordered != 0)
		return 0;
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
