/* SPDX-License-Identifier: ISC */
#include "throttle/throttle_part.h"

#include <stdlib.h>

#include "throttle/estimate_lost.h"
#include "throttle/throttle_lane.h"

struct estimate *
throttle_part_learn(struct throttle *t, unsigned named)
{
	struct estimate *e = part_estimate(t, named);

	if (e != NULL || !has_named(t, named) || t->estimate == NULL ||
	    t->estimate->told_only)
		return e;
	if ((e = malloc(sizeof *e)) == NULL)
		return NULL;
	estimate_init(e, t->estimate->probes);
	t->learned->named[named - 1]->estimate = e;
	t->learned->nestimates++;
	return e;
}

void
throttle_part_forget(struct throttle *t, unsigned named)
{
	struct estimate *e = part_estimate(t, named);

	if (e == NULL)
		return;
	estimate_clear(e);
	free(e);
	t->learned->named[named - 1]->estimate = NULL;
	t->learned->nestimates--;
}

void
throttle_parts_forget(struct throttle *t)
{
	unsigned i;

	for (i = 1; t->learned != NULL && i <= THROTTLE_NAMED_PARTS; i++)
		throttle_part_forget(t, i);
}

void
throttle_parts_probe(struct throttle *t, bool probes)
{
	struct estimate *e;
	unsigned i;

	for (i = 1; i <= THROTTLE_NAMED_PARTS; i++)
		if ((e = part_estimate(t, i)) != NULL)
			e->probes = probes;
}

static struct throttle_part_mark
part_mark_of(const struct estimate_mark *m, bool counted)
{
	return (struct throttle_part_mark){
		.era = m->era,
		.role = m->role,
		.window = m->window,
		.guess = m->guess,
		.waits = true,
		.counted = counted,
	};
}

void
throttle_part_take(struct throttle *t, struct throttle_waiter *w, uint64_t at,
    uint64_t now)
{
	struct estimate *e = part_estimate(t, w->named);
	struct estimate_mark m;

	w->part_mark = (struct throttle_part_mark){ .waits = false };
	if (e == NULL)
		return;
	estimate_take(e, &m, at, now);
	w->part_mark = part_mark_of(&m, false);
}

void
throttle_part_join(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	struct estimate *e = part_estimate(t, w->named);
	struct estimate_mark m;

	w->part_mark = (struct throttle_part_mark){ .waits = false };
	if (e == NULL)
		return;
	if (w->settled) {
		estimate_lost(e, 1, now);
		return;
	}
	estimate_hold(e, &m, w->counted, now);
	w->part_mark = part_mark_of(&m, w->counted);
}

void
throttle_part_leave(struct throttle *t, struct throttle_waiter *w, uint64_t now)
{
	throttle_part_dropped(t, w);
	throttle_part_answered(t, w, BUDGET_NEUTRAL, now);
}

/* Returns the estimate that waits to hear whether one was counted; or NULL. */
static struct estimate *
counts(struct throttle *t, struct throttle_waiter *w)
{
	bool does = w->part_mark.waits && !w->part_mark.counted;

	w->part_mark.counted = true;
	return does ? part_estimate(t, w->named) : NULL;
}

void
throttle_part_counted(struct throttle *t, struct throttle_waiter *w,
    uint64_t at)
{
	struct estimate *e = counts(t, w);

	if (e != NULL)
		estimate_counted(e, w->mark.sent, at);
}

void
throttle_part_dropped(struct throttle *t, struct throttle_waiter *w)
{
	struct estimate *e = counts(t, w);

	if (e != NULL)
		estimate_dropped(e);
}

void
throttle_part_answered(struct throttle *t, struct throttle_waiter *w,
    enum budget_verdict verdict, uint64_t now)
{
	struct estimate *e = part_estimate(t, w->named);

	if (e != NULL && w->part_mark.waits)
		estimate_answered(e, &(struct estimate_mark){
			.sent = w->mark.sent,
			.era = w->part_mark.era,
			.role = w->part_mark.role,
			.window = w->part_mark.window,
			.guess = w->part_mark.guess,
		}, verdict, now);
	w->part_mark.waits = false;
}
