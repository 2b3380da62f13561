/* SPDX-License-Identifier: ISC */
#include <sluice/throttle.h>

#include <stdlib.h>

#include "lib/lib_time.h"
#include "lib/lib_types.h"
#include "lib/lib_waiter.h"

_Static_assert(SLUICE_UNIT == THROTTLE_UNIT && SLUICE_RATES == BUDGET_RATES &&
    SLUICE_NEVER == THROTTLE_NEVER && SLUICE_WEIGHT == FAIR_WEIGHT,
    "the library's numbers are the throttle's");

/* What a caller's NULL stands for: sluice_limits_new()'s. */
static const struct sluice_limits none = { .queue_length = UINT32_MAX };

static struct throttle_limits
limits_of(const struct sluice_limits *l)
{
	return (struct throttle_limits){
		.host = l->budget,
		.queue_length = l->queue_length,
	};
}

struct sluice_throttle *
sluice_throttle_new(const struct sluice_limits *l)
{
	struct sluice_throttle *t = calloc(1, sizeof *t);
	struct throttle_limits limits;

	if (t == NULL)
		return NULL;
	if (l == NULL)
		l = &none;
	limits = limits_of(l);
	LIST_INIT(&t->waiters);
	TAILQ_INIT(&t->late);
	t->careful = l->careful;
	t->throttle = throttle_new(&limits);
	if (t->throttle == NULL) {
		free(t);
		return NULL;
	}
	return t;
}

void
sluice_throttle_free(struct sluice_throttle *t)
{
	struct sluice_waiter *w;

	if (t == NULL)
		return;
	while ((w = LIST_FIRST(&t->waiters)) != NULL)
		lib_waiter_part(w);
	throttle_free(t->throttle);
	free(t);
}

enum sluice_result
sluice_throttle_limit(struct sluice_throttle *t, const struct sluice_limits *l,
    uint64_t now)
{
	struct throttle_limits limits;

	if (l == NULL)
		l = &none;
	limits = limits_of(l);
	if (!throttle_limit(t->throttle, &limits, NULL, lib_pass(t, now)))
		return SLUICE_NO_MEMORY;
	t->careful = l->careful;
	return SLUICE_OK;
}

struct sluice_waiter *
sluice_next(struct sluice_throttle *t, uint64_t now)
{
	return lib_waiter_of(throttle_next(t->throttle, lib_pass(t, now)));
}

uint64_t
sluice_wake(struct sluice_throttle *t, uint64_t now)
{
	return throttle_wake(t->throttle, lib_pass(t, now));
}

struct sluice_waiter *
sluice_late(struct sluice_throttle *t, uint64_t now)
{
	struct throttle_waiter *w;

	if (TAILQ_EMPTY(&t->late)) {
		throttle_hopeless(t->throttle, lib_pass(t, now), &t->late);
		TAILQ_FOREACH(w, &t->late, entry)
			lib_waiter_of(w)->late = true;
	}
	w = TAILQ_FIRST(&t->late);
	if (w != NULL)
		lib_waiter_leave(lib_waiter_of(w), t->now);
	return lib_waiter_of(w);
}

/* Pauses */

void
sluice_pause(struct sluice_throttle *t, uint64_t until, uint64_t now)
{
	now = lib_pass(t, now);
	if (until > now)
		(void)throttle_pause(t->throttle, THROTTLE_WHOLE, until, now);
}

void
sluice_resume(struct sluice_throttle *t, uint64_t now)
{
	throttle_open(t->throttle, lib_pass(t, now));
}

uint64_t
sluice_paused_until(const struct sluice_throttle *t)
{
	return throttle_paused_until(t->throttle, THROTTLE_WHOLE);
}

void
sluice_left(struct sluice_throttle *t, uint64_t requests, uint64_t reset,
    uint64_t now)
{
	throttle_shape(t->throttle, THROTTLE_WHOLE, requests, reset,
	    lib_pass(t, now));
}

/* How it stands */

uint32_t
sluice_waiting(const struct sluice_throttle *t)
{
	return throttle_waiting(t->throttle);
}

uint32_t
sluice_admitted(const struct sluice_throttle *t)
{
	return throttle_inflight(t->throttle);
}
