/* SPDX-License-Identifier: ISC */

/*
 * The life of a waiter: idle, waits, admitted, in any order.  Where it is says
 * the throttle's own (throttle.c), but for one that was taken out of the queue
 * for its deadline: late is set until sluice_late() has told of it, or it has
 * left by itself.
 */

#include "lib/lib_waiter.h"

#include <stdlib.h>

#include "lib/lib_time.h"
#include "throttle/throttle_ask.h"

struct sluice_waiter *
sluice_waiter_new(struct sluice_throttle *t, void *data)
{
	struct sluice_waiter *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->owner = t;
	w->data = data;
	w->weight = SLUICE_WEIGHT;
	w->urgency = FAIR_URGENCY;
	w->deadline = SLUICE_NEVER;
	LIST_INSERT_HEAD(&t->waiters, w, entry);
	return w;
}

void *
sluice_waiter_data(const struct sluice_waiter *w)
{
	return w->data;
}

enum sluice_state
sluice_waiter_state(const struct sluice_waiter *w)
{
	if (w->waiter.held)
		return SLUICE_ADMITTED;
	return w->late || w->waiter.fair.flow != NULL ? SLUICE_WAITS :
	    SLUICE_IDLE;
}

/* Leaving */

void
lib_waiter_leave(struct sluice_waiter *w, uint64_t now)
{
	struct sluice_throttle *t = w->owner;

	if (w->late)
		TAILQ_REMOVE(&t->late, &w->waiter, entry);
	else if (w->waiter.held)
		throttle_release(t->throttle, &w->waiter, now);
	else if (w->waiter.fair.flow != NULL)
		throttle_cancel(t->throttle, &w->waiter);
	w->late = false;
}

void
lib_waiter_part(struct sluice_waiter *w)
{
	lib_waiter_leave(w, w->owner->now);
	LIST_REMOVE(w, entry);
	w->owner = NULL;
}

void
sluice_waiter_free(struct sluice_waiter *w)
{
	if (w != NULL && w->owner != NULL)
		lib_waiter_part(w);
	free(w);
}

void
sluice_leave(struct sluice_waiter *w, uint64_t now)
{
	lib_waiter_leave(w, lib_pass(w->owner, now));
}

void
sluice_give_back(struct sluice_waiter *w, uint64_t now)
{
	now = lib_pass(w->owner, now);
	if (w->waiter.held)
		throttle_refund(w->owner->throttle, &w->waiter, now);
	else
		lib_waiter_leave(w, now);
}

/* How it asks */

enum sluice_result
sluice_waiter_client(struct sluice_waiter *w, uint64_t client, uint32_t weight)
{
	if (weight == 0 || weight > SLUICE_WEIGHT_MAX)
		return SLUICE_BAD_WEIGHT;
	if (sluice_waiter_state(w) == SLUICE_WAITS)
		return SLUICE_BUSY;
	w->client = client;
	w->weight = weight;
	return SLUICE_OK;
}

enum sluice_result
sluice_waiter_urgency(struct sluice_waiter *w, unsigned urgency)
{
	if (urgency >= FAIR_URGENCIES)
		return SLUICE_BAD_URGENCY;
	if (sluice_waiter_state(w) == SLUICE_WAITS)
		return SLUICE_BUSY;
	w->urgency = (uint8_t)urgency;
	return SLUICE_OK;
}

enum sluice_result
sluice_waiter_deadline(struct sluice_waiter *w, uint64_t deadline)
{
	if (sluice_waiter_state(w) == SLUICE_WAITS)
		return SLUICE_BUSY;
	w->deadline = deadline;
	return SLUICE_OK;
}

static struct throttle_request
request_of(const struct sluice_waiter *w, uint64_t cost)
{
	return (struct throttle_request){
		.client = w->client,
		.cost = cost,
		.deadline = w->deadline,
		.latest = w->deadline,
		.weight = w->weight,
		.urgency = w->urgency,
		.part = THROTTLE_WHOLE,
	};
}

static enum sluice_result
result_of(enum throttle_answer answer)
{
	switch (answer) {
	case THROTTLE_GO:
		return SLUICE_OK;
	case THROTTLE_WAIT:
		return SLUICE_WAIT;
	case THROTTLE_FULL:
		return SLUICE_FULL;
	case THROTTLE_LATE_START:
		return SLUICE_LATE;
	case THROTTLE_NO_MEMORY:
		break;
	}
	return SLUICE_NO_MEMORY;
}

enum sluice_result
sluice_ask(struct sluice_waiter *w, uint64_t cost, uint64_t now)
{
	struct throttle_request q = request_of(w, cost);
	struct throttle_report report;

	if (sluice_waiter_state(w) != SLUICE_IDLE)
		return SLUICE_BUSY;
	if (cost > SLUICE_COST_MAX)
		return SLUICE_BAD_COST;
	q.deposit = &w->deposit;
	return result_of(throttle_ask(w->owner->throttle, &w->waiter, &q,
	    lib_pass(w->owner, now), &report));
}

uint64_t
sluice_start(struct sluice_waiter *w, uint64_t cost, uint64_t now)
{
	struct throttle_request q = request_of(w, cost);
	struct throttle *t = w->owner->throttle;
	struct throttle_waiter newcomer;
	struct throttle_report report;

	now = lib_pass(w->owner, now);
	if (w->waiter.fair.flow != NULL) {
		throttle_report(t, &w->waiter, now, &report);
	} else {
		/* its lane is the first, which is always there */
		(void)throttle_fill_in(t, &newcomer, &q, now);
		throttle_report(t, &newcomer, now, &report);
	}
	return report.start;
}

/* One who is admitted */

void
sluice_counted(struct sluice_waiter *w, uint64_t now)
{
	throttle_sent(w->owner->throttle, &w->waiter,
	    lib_pass(w->owner, now));
}

void
sluice_verdict(struct sluice_waiter *w, enum sluice_verdict verdict,
    uint64_t now)
{
	static const enum budget_verdict verdicts[] = {
		[SLUICE_SUCCESS] = BUDGET_SUCCESS,
		[SLUICE_THROTTLED] = BUDGET_THROTTLED,
		[SLUICE_NEUTRAL] = BUDGET_NEUTRAL,
	};

	throttle_verdict(w->owner->throttle, &w->waiter,
	    verdict <= SLUICE_NEUTRAL ? verdicts[verdict] : BUDGET_NEUTRAL,
	    lib_pass(w->owner, now));
}

uint64_t
sluice_backoff(struct sluice_waiter *w, uint64_t base, uint64_t max,
    uint64_t now)
{
	return throttle_backoff(w->owner->throttle, THROTTLE_WHOLE,
	    &w->waiter, base, max, lib_pass(w->owner, now));
}
