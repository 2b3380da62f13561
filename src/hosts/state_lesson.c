/* SPDX-License-Identifier: ISC */
#include "hosts/state_lesson.h"

#include <stdio.h>
#include <string.h>

#include "hosts/state_parts.h"

/* What no host can mean is cut: ns, about thirty years; and requests. */
#define LONGEST	UINT64_C(1000000000000000000)
#define MOST	UINT64_C(1000000000)

/* Facts, as bits. */
enum {
	PARTIAL = 1, NAMED = 2, GENERAL = 4, SPENT = 8, BACKOFF = 16,
	AT_ONCE = 32, AGAIN = 64, OWN_BASE = 128, SHAPE = 256,
	SHAPE_PARTIAL = 512, NO_RATE = 1024,
};

static uint64_t
facts(const struct lesson *l)
{
	return (l->partial ? PARTIAL : 0u) | (l->named ? NAMED : 0u) |
	    (l->general ? GENERAL : 0u) | (l->spent ? SPENT : 0u) |
	    (l->backoff ? BACKOFF : 0u) | (l->at_once ? AT_ONCE : 0u) |
	    (l->again ? AGAIN : 0u) | (l->own_base ? OWN_BASE : 0u) |
	    (l->shape ? SHAPE : 0u) | (l->shape_partial ? SHAPE_PARTIAL : 0u) |
	    (l->no_rate ? NO_RATE : 0u);
}

void
state_put_lesson(struct text *t, const struct lesson *l, const struct route *r)
{
	const struct lesson_allowed *a = &l->allowed;
	const struct lesson_room *m = &l->room;

	state_put_numbers(t, "lesson", (uint64_t[]){ (uint64_t)l->status,
	    l->verdict, facts(l), l->pause, l->base, l->left, l->reset }, 7);
	if (a->limit != 0 || a->concurrent != 0)
		state_put_numbers(t, "allowed", (uint64_t[]){ a->limit,
		    a->window, a->concurrent, a->partial, a->longer_limit,
		    a->longer_window }, 6);
	if (m->limit != 0)
		state_put_numbers(t, "room", (uint64_t[]){ m->limit, m->left,
		    m->reset, m->refills, m->partial }, 5);
	if (l->source != NULL)
		state_put_text(t, "source", l->source);
	if (!l->named)
		return;
	state_put_numbers(t, "named", (uint64_t[]){ l->part.a, l->part.b }, 2);
	state_put_text(t, "of", l->name);
	if (l->raw[0] != '\0')
		state_put_text(t, "raw", l->raw);
	state_put_route(t, r);
}

static uint64_t
at_most(uint64_t n, uint64_t most)
{
	return n < most ? n : most;
}

static bool
read_lesson(struct state_lesson *s, const char *value)
{
	struct lesson *l = &s->lesson;
	uint64_t n[7];

	if (state_numbers(value, n, 7) != 7 || n[0] > 999 ||
	    n[1] > BUDGET_NEUTRAL)
		return false;
	l->status = (int)n[0];
	l->verdict = (enum budget_verdict)n[1];
	l->partial = n[2] & PARTIAL;
	l->named = n[2] & NAMED;
	l->general = n[2] & GENERAL;
	l->spent = n[2] & SPENT;
	l->backoff = n[2] & BACKOFF;
	l->at_once = n[2] & AT_ONCE;
	l->again = n[2] & AGAIN;
	l->own_base = n[2] & OWN_BASE;
	l->shape = n[2] & SHAPE;
	l->shape_partial = n[2] & SHAPE_PARTIAL;
	l->no_rate = n[2] & NO_RATE;
	l->pause = at_most(n[3], LONGEST);
	l->base = at_most(n[4], LONGEST);
	l->left = at_most(n[5], MOST);
	l->reset = at_most(n[6], LONGEST);
	s->whole = true;
	return true;
}

static bool
read_allowed(struct lesson_allowed *a, const char *value)
{
	uint64_t n[6] = { 0 };
	unsigned k = state_numbers(value, n, 6);

	/* four are an older process's */
	if (k != 4 && k != 6)
		return false;
	*a = (struct lesson_allowed){
		.limit = at_most(n[0], MOST),
		.window = at_most(n[1], LONGEST),
		.concurrent = (uint32_t)at_most(n[2], MOST),
		.partial = n[3] != 0,
		.longer_limit = at_most(n[4], MOST),
		.longer_window = at_most(n[5], LONGEST),
	};
	return true;
}

static bool
read_room(struct lesson_room *m, const char *value)
{
	uint64_t n[5];

	if (state_numbers(value, n, 5) != 5)
		return false;
	*m = (struct lesson_room){
		.limit = at_most(n[0], MOST),
		.left = at_most(n[1], MOST),
		.reset = at_most(n[2], LONGEST),
		.refills = n[3] != 0,
		.partial = n[4] != 0,
	};
	return true;
}

static bool
read_named(struct throttle_key *key, const char *value)
{
	uint64_t n[2];

	if (state_numbers(value, n, 2) != 2)
		return false;
	*key = (struct throttle_key){ n[0], n[1] };
	return true;
}

bool
state_lesson_word(struct state_lesson *s, const struct state_word *w)
{
	struct lesson *l = &s->lesson;

	if (strcmp(w->name, "lesson") == 0)
		return read_lesson(s, w->value);
	if (strcmp(w->name, "allowed") == 0)
		return read_allowed(&l->allowed, w->value);
	if (strcmp(w->name, "room") == 0)
		return read_room(&l->room, w->value);
	if (strcmp(w->name, "named") == 0)
		return read_named(&l->part, w->value);
	if (strcmp(w->name, "of") == 0)
		snprintf(l->name, sizeof l->name, "%s", w->value);
	else if (strcmp(w->name, "raw") == 0 &&
	    strlen(w->value) < sizeof l->raw)
		memcpy(l->raw, w->value, strlen(w->value) + 1);
	else if (strcmp(w->name, "source") == 0)
		l->source = w->value;
	else
		(void)state_route_word(&s->route, w);
	return true;
}
