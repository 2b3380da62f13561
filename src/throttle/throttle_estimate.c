/* SPDX-License-Identifier: ISC */
#include "throttle/throttle_estimate.h"

#include <stdlib.h>

#include "throttle/estimate_save.h"
#include "throttle/estimate_told.h"
#include "throttle/throttle_lane.h"
#include "throttle/throttle_learn.h"
#include "throttle/throttle_part.h"
#include "throttle/throttle_tick.h"

void
throttle_estimate(struct throttle *t, const struct throttle_limits *l)
{
	bool on = l != NULL && (l->estimates || l->named_window);

	if (on && t->estimate != NULL &&
	    t->estimate->told_only == !l->estimates) {
		t->estimate->probes = l->estimates && l->probes;
		throttle_parts_probe(t, t->estimate->probes);
		return;
	}
	throttle_learn_end(t);
	throttle_parts_forget(t);
	if (t->estimate != NULL)
		estimate_clear(t->estimate);
	free(t->estimate);
	t->estimate = on ? malloc(sizeof *t->estimate) : NULL;
	if (t->estimate == NULL)
		return;
	if (l->estimates)
		estimate_init(t->estimate, l->probes);
	else
		estimate_init_told(t->estimate);
	t->estimate->flying = t->host.pending;
}

void
throttle_estimate_inherit(struct throttle *t, const struct throttle *from)
{
	if (t->estimate != NULL && from->estimate != NULL &&
	    t->estimate->told_only == from->estimate->told_only &&
	    estimate_is_new(t->estimate))
		estimate_inherit(t->estimate, from->estimate);
}

const char *
throttle_estimate_save(struct throttle *t, char buf[ESTIMATE_SAVED],
    uint64_t now)
{
	throttle_tick(t, now);
	return throttle_estimated(t) == NULL ||
	    estimate_is_new(t->estimate) ? NULL :
	    estimate_save(buf, t->estimate, now);
}

bool
throttle_estimate_load(struct throttle *t, const char *text, uint64_t gone,
    uint64_t now)
{
	throttle_tick(t, now);
	/* that nothing is to be learned any more is no damage */
	if (throttle_estimated(t) != NULL &&
	    !estimate_load(t->estimate, text, gone, now))
		return false;
	set_unblocked_at(t, now);
	return true;
}

bool
throttle_asks(const struct throttle_waiter *w)
{
	return w->mark.role != ESTIMATE_PLAIN || w->mark.guess ||
	    w->part_mark.role != ESTIMATE_PLAIN || w->part_mark.guess;
}

const struct estimate *
throttle_estimated(const struct throttle *t)
{
	return t->estimate == NULL || t->estimate->told_only ? NULL :
	    t->estimate;
}

uint64_t
throttle_estimate_named(struct throttle *t, uint64_t until, uint64_t now)
{
	throttle_tick(t, now);
	estimate_named(t->estimate, until);
	return throttle_estimate_shut(t);
}

bool
throttle_part_is_learned(const struct throttle *t, unsigned named)
{
	return part_estimate(t, named) != NULL;
}

uint64_t
throttle_part_named(struct throttle *t, unsigned named, uint64_t until,
    uint64_t now)
{
	throttle_tick(t, now);
	estimate_named(part_estimate(t, named), until);
	return part_estimate_shut(t, named);
}

const char *
throttle_part_save(struct throttle *t, unsigned named,
    char buf[ESTIMATE_SAVED], uint64_t now)
{
	const struct estimate *e;

	throttle_tick(t, now);
	e = part_estimate(t, named);
	return e == NULL ? NULL : estimate_save(buf, e, now);
}

bool
throttle_part_load(struct throttle *t, unsigned named, const char *text,
    uint64_t gone, uint64_t now)
{
	struct estimate *e;

	throttle_tick(t, now);
	/* that nothing is to be learned any more is no damage */
	if (throttle_estimated(t) == NULL || !has_named(t, named))
		return true;
	if ((e = throttle_part_learn(t, named)) == NULL ||
	    !estimate_load(e, text, gone, now))
		return false;
	set_unblocked_at(t, now);
	return true;
}

uint64_t
throttle_estimate_shut(const struct throttle *t)
{
	return shut_until(t->estimate);
}

bool
throttle_estimate_spent(struct throttle *t, uint64_t now)
{
	throttle_tick(t, now);
	return t->estimate != NULL && estimate_is_spent(t->estimate, now);
}

bool
throttle_estimate_left(struct throttle *t, const struct throttle_waiter *w,
    const struct estimate_room *room, bool refused, uint64_t now)
{
	bool seen_to;

	throttle_tick(t, now);
	seen_to = estimate_left(t->estimate, &w->mark, room, refused, now);
	set_unblocked_at(t, now);
	return seen_to;
}

bool
throttle_estimate_own(struct throttle *t, uint64_t limit, uint64_t left,
    uint64_t now)
{
	throttle_tick(t, now);
	return t->estimate != NULL && limit > 0 &&
	    estimate_is_own(t->estimate, limit, left);
}

void
throttle_estimate_told(struct throttle *t, uint64_t n, uint64_t window,
    uint64_t now)
{
	if (t->estimate == NULL)
		return;
	throttle_tick(t, now);
	estimate_told(t->estimate, n, window, now);
	set_unblocked_at(t, now);
}
