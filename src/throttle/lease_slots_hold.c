/* SPDX-License-Identifier: ISC */
#include "throttle/lease_slots_hold.h"

#include "throttle/lease_math.h"

#define BEATS	3	/* in a ttl */

void
lease_slots_hold_init(struct lease_slots_hold *h, uint64_t ttl, uint64_t grace)
{
	*h = (struct lease_slots_hold){ .ttl = ttl, .grace = grace };
}

uint32_t
lease_slots_hold_block(const struct lease_slots_hold *h, uint64_t now)
{
	if (now >= h->ends)
		return 0;
	return now < h->turn_ends ? h->slots : h->keeps;
}

/* So many it uses at most, with no more than it has a use for. */
static uint32_t
holds(const struct lease_slots_hold *h, uint32_t busy, uint64_t now)
{
	return (uint32_t)larger(busy, lease_smaller(lease_slots_hold_block(h,
	    now), h->most));
}

uint64_t
lease_slots_hold_due(struct lease_slots_hold *h, uint32_t busy,
    uint32_t waiting, uint64_t now)
{
	uint32_t want = busy + waiting, block = lease_slots_hold_block(h, now);
	uint64_t beat = sum(h->sent, h->ttl / BEATS);

	h->most = (uint32_t)larger(h->most, want);
	if (h->asks)
		return UINT64_MAX;
	/* what it may not use any more others wait for */
	if (larger(busy, block) < h->held)
		return now;
	if (want > block)
		return lease_smaller(larger(h->again, now), beat);
	if (h->slots == 0 && busy == 0)
		return UINT64_MAX;
	return lease_smaller(beat, h->slots > h->keeps ? h->turn_ends :
	    UINT64_MAX);
}

void
lease_slots_hold_yield(struct lease_slots_hold *h, uint32_t busy)
{
	h->slots = (uint32_t)lease_smaller(h->slots, busy);
	h->keeps = (uint32_t)lease_smaller(h->keeps, h->slots);
	h->most = busy;
}

void
lease_slots_hold_ask(struct lease_slots_hold *h, uint32_t busy,
    uint32_t waiting, uint64_t now, struct lease_slots_question *q)
{
	q->number = ++h->number;
	q->busy = busy;
	h->most = (uint32_t)larger(h->most, busy + waiting);
	q->want = h->told = h->most;
	q->holds = holds(h, busy, now);
	q->good = (uint32_t)lease_smaller(q->holds,
	    lease_slots_hold_block(h, now));
	/* who has had none for a while knows it no more */
	q->known = h->slots > 0 || busy > 0 ? h->peers : 0;
	q->ttl = h->ttl;
	q->grace = h->grace;
	h->before = h->held;
	h->held = q->holds;
	h->slots = q->good;
	h->keeps = (uint32_t)lease_smaller(h->keeps, h->slots);
	h->most = busy + waiting;
	h->sent = now;
	h->asks = true;
}

/* How long something of the grantor's lasts: since it was sent, at least. */
static uint64_t
until(const struct lease_slots_hold *h, uint64_t at, uint64_t theirs)
{
	return sum(h->sent, lease_at_earliest(lease_less(at, theirs)));
}

void
lease_slots_hold_answer(struct lease_slots_hold *h,
    const struct lease_slots_answer *a, uint64_t received)
{
	if (!h->asks || a->number != h->number)
		return;
	h->asks = false;
	/* who has less than it wants, and no time to ask again, has its part */
	h->again = a->slots < h->told ? UINT64_MAX : 0;
	if (a->again_at > a->now)
		h->again = sum(received, a->again_at - a->now);
	if (a->ends == 0)
		return;
	h->slots = a->slots;
	h->held = (uint32_t)larger(h->held, a->slots);
	h->keeps = a->keeps;
	h->peers = (uint32_t)lease_smaller(a->peers, UINT32_MAX);
	h->ends = until(h, a->ends, a->now);
	h->turn_ends = a->turn_ends != 0 ? until(h, a->turn_ends, a->now) :
	    h->ends;
}

void
lease_slots_hold_lost(struct lease_slots_hold *h)
{
	h->asks = false;
	/* what it has given back others may not get */
	h->held = (uint32_t)larger(h->held, h->before);
}
