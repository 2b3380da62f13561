/* SPDX-License-Identifier: ISC */
#include "throttle/estimate_log.h"

#define FINEST	1000000ULL	/* ns */
#define PIECES	16	/* of what is known but for its time */
#define COARSEST 3600000000000ULL /* ns; what is older is of no use */

void
estimate_log_begin(struct estimate_log *l)
{
	*l = (struct estimate_log){ .unit = FINEST };
}

/* Two slots become one. */
static void
coarsen(struct estimate_log *l)
{
	unsigned i;

	for (i = 0; i < ESTIMATE_LOG / 2; i++)
		l->slots[i] = l->slots[2 * i] + l->slots[2 * i + 1];
	for (; i < ESTIMATE_LOG; i++)
		l->slots[i] = 0;
	l->unit *= 2;
}

static void
add(struct estimate_log *l, uint32_t n, uint64_t now)
{
	uint64_t age;

	if (l->total == 0)
		l->first = now;
	age = now > l->first ? now - l->first : 0;
	if (age >= COARSEST) {
		estimate_log_begin(l);
		l->first = now;
		age = 0;
	}
	while (age / l->unit >= ESTIMATE_LOG)
		coarsen(l);
	l->slots[age / l->unit] += n;
	l->total += n;
}

void
estimate_log_add(struct estimate_log *l, uint64_t now)
{
	add(l, 1, now);
}

void
estimate_log_merge(struct estimate_log *l, uint32_t n, uint64_t first,
    uint64_t until)
{
	const struct estimate_log own = *l;
	uint64_t length = until > first ? until - first : 0;
	unsigned i;

	if (l->total > 0 && l->first < first)
		first = l->first;
	estimate_log_begin(l);
	for (i = 0; i < PIECES; i++)
		add(l, n / PIECES + (i < n % PIECES), first +
		    length / PIECES * (i + 1));
	for (i = 0; i < ESTIMATE_LOG; i++)
		if (own.slots[i] > 0)
			add(l, own.slots[i], own.first + i * own.unit);
}

uint64_t
estimate_log_begun(const struct estimate_log *l, uint64_t refused)
{
	return l->total > 0 ? l->first : refused;
}

uint64_t
estimate_log_soon(const struct estimate_log *l, uint64_t within)
{
	uint64_t went = 0;
	unsigned i;

	for (i = 0; i < ESTIMATE_LOG && (i + 1) * l->unit <= within; i++)
		went += l->slots[i];
	return went;
}

void
estimate_log_fill(const struct estimate_log *l, struct window *w, uint64_t now)
{
	uint64_t at, cost;
	unsigned i;

	window_tick(w, now);
	for (i = 0; i < ESTIMATE_LOG; i++) {
		if (l->slots[i] == 0)
			continue;
		cost = l->slots[i] * ESTIMATE_UNIT;
		at = l->first + (i + 1) * l->unit;
		window_take(w, cost);
		window_count(w, cost, at < now ? at : now);
	}
}
