/* SPDX-License-Identifier: ISC */
#include "hosts/state_parts.h"

#include <string.h>

#include "hosts/host_pause.h"
#include "hosts/state_budget.h"
#include "throttle/throttle_estimate.h"
#include "throttle/throttle_save.h"

void
state_put_route(struct text *t, const struct route *r)
{
	unsigned i;

	for (i = 0; i < r->n; i++)
		state_put_number(t, "at", r->hashes[i]);
}

bool
state_route_word(struct route *r, const struct state_word *w)
{
	if (strcmp(w->name, "at") != 0)
		return false;
	if (r->n <= ROUTE_SEGMENTS)
		r->hashes[r->n++] = state_number(w->value);
	return true;
}

/* Out */

static bool
put_named(struct text *t, struct host *h, unsigned named,
    struct budget_saved *saved, uint64_t now)
{
	const struct throttle_key *key = throttle_named_key(h->throttle, named);
	char buf[ESTIMATE_SAVED];
	const char *learned;
	bool says;

	if (key == NULL)
		return false;
	says = throttle_save(h->throttle, THROTTLE_OF_NAMED, named, now, saved);
	learned = throttle_part_save(h->throttle, named, buf, now);
	if (!says && learned == NULL)
		return false;
	state_put_numbers(t, "named", (uint64_t[]){ key->a, key->b }, 2);
	state_put_text(t, "of", throttle_named_text(h->throttle, named));
	state_put_number(t, "cause",
	    h->pause.causes[THROTTLE_NAMED_PART(named)]);
	if (says)
		state_put_budget(t, saved);
	if (learned != NULL)
		state_put_text(t, "estimate", learned);
	return true;
}

bool
state_parts_put(struct text *t, struct host *h, struct budget_saved *saved,
    uint64_t now)
{
	struct route_part part;
	struct route route;
	bool any = false;
	unsigned i;

	for (i = 1; i <= THROTTLE_NAMED_PARTS; i++)
		any = put_named(t, h, i, saved, now) || any;
	for (i = 0; h->routes != NULL &&
	    routes_nth(h->routes, i, &route, &part); i++) {
		state_put_numbers(t, "route",
		    (uint64_t[]){ part.a, part.b }, 2);
		state_put_route(t, &route);
		any = true;
	}
	return any;
}

/* In again */

struct reading {
	struct host		*host;
	struct budget_saved	*saved;
	uint64_t		 passed;	/* ns */
	uint64_t		 now;
	struct throttle_key	 key;
	unsigned		 named;		/* which the words are of; 0 */
	enum stats_cause	 cause;
	struct route_part	 part;
	struct route		 route;		/* which the words are of */
};

/* What was read of a part is whole, or of a route. */
static void
finish(struct reading *r)
{
	struct host *h = r->host;
	unsigned part = THROTTLE_NAMED_PART(r->named);
	uint64_t left = r->saved->pause;

	if (r->named != 0 && throttle_restore(h->throttle, THROTTLE_OF_NAMED,
	    r->named, r->saved, r->passed, r->now) && left > r->passed) {
		left -= r->passed;
		if (left > h->rule->pause_max)
			left = h->rule->pause_max;
		host_pause(h, part, r->now + left, r->cause, r->now);
	}
	if (r->route.n > 0 && h->routes == NULL)
		h->routes = routes_new();
	if (r->route.n > 0 && h->routes != NULL)
		routes_learn(h->routes, &r->route, r->part);
	state_budget_begin(r->saved);
	r->named = 0;
	r->cause = STATS_BACKOFF;
	r->route.n = 0;
}

static bool
read_hash(const char *value, uint64_t *a, uint64_t *b)
{
	uint64_t list[2];

	if (state_numbers(value, list, 2) != 2)
		return false;
	*a = list[0];
	*b = list[1];
	return true;
}

static bool
read_word(struct reading *r, const struct state_word *w)
{
	if (strcmp(w->name, "named") == 0) {
		finish(r);
		return read_hash(w->value, &r->key.a, &r->key.b);
	}
	if (strcmp(w->name, "route") == 0) {
		finish(r);
		return read_hash(w->value, &r->part.a, &r->part.b);
	}
	if (strcmp(w->name, "of") == 0)
		r->named = throttle_named_make(r->host->throttle, &r->key,
		    w->value, r->now);
	else if (strcmp(w->name, "cause") == 0)
		r->cause = state_number(w->value) < STATS_CAUSES ?
		    (enum stats_cause)state_number(w->value) : STATS_BACKOFF;
	else if (strcmp(w->name, "estimate") == 0)
		return throttle_part_load(r->host->throttle, r->named,
		    w->value, r->passed, r->now);
	else if (!state_route_word(&r->route, w))
		return state_budget_word(r->saved, w);
	return true;
}

bool
state_parts_read(struct host *h, char *words, struct budget_saved *saved,
    uint64_t passed, uint64_t now)
{
	struct reading r = {
		.host = h,
		.saved = saved,
		.passed = passed,
		.now = now,
		.cause = STATS_BACKOFF,
	};
	struct state_word w;

	state_budget_begin(saved);
	while (state_line_next(&words, &w))
		if (w.value == NULL || !read_word(&r, &w))
			return false;
	finish(&r);
	return true;
}
