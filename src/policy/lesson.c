/* SPDX-License-Identifier: ISC */
#include "policy/lesson.h"

#include <stddef.h>
#include <string.h>

#include "base/wide.h"
#include "hint/refusal_pick.h"
#include "hint/refusal_table.h"
#include "policy/path_reading.h"

bool
lesson_reads(const struct rule *rule, int status)
{
	return rule->learn != RULE_LEARN_OFF || rule->nbodies > 0 ||
	    rule_pauses(rule, status) != NULL;
}

/* Refusals */

/* Whether the fields say more of a limit than the status does. */
static bool
has_word(const struct hint *hint, int status)
{
	return hint->retry_after || (hint->throttled &&
	    (hint->pause > 0 || (status != 429 && status != 420)));
}

/*
 * Whether the request was refused for a limit.  429 and 503 are for the
 * configuration to judge; what other statuses mean that are not in it, only a
 * dialect tells.
 */
static bool
is_throttled(const struct lesson_answer *a, const struct hint *hint)
{
	const struct rule_status *s = rule_pauses(a->rule, a->status);

	if (s != NULL)
		return !s->off || has_word(hint, a->status);
	return a->rule->learn != RULE_LEARN_OFF && hint->throttled &&
	    a->status != 429 && a->status != 503;
}

static enum budget_verdict
verdict_of(const struct lesson_answer *a, const struct hint *hint)
{
	if (is_throttled(a, hint))
		return BUDGET_THROTTLED;
	/* a host in trouble of its own says nothing of its limits */
	return a->status >= 500 ? BUDGET_NEUTRAL : BUDGET_SUCCESS;
}

/*
 * Whether a refusal is for something else than requests, say tokens: these are
 * used up, and some are left of each budget of requests.  Where none is used up
 * it may be by a limit that no field tells (Groq's of requests a minute); then
 * its body says so, if anything does.
 */
static bool
is_of_other(const struct hint *hint)
{
	const struct hint_budget *b;
	bool requests = false, other = false;
	unsigned i;

	for (i = 0; i < hint->nbudgets; i++) {
		b = &hint->budgets[i];
		if (!b->has_remaining)
			continue;
		if (b->unit != HINT_TOKENS && b->remaining < HINT_MICRO)
			return false;
		if (!b->has_limit || b->allowed)
			continue;
		requests = requests || b->unit != HINT_TOKENS;
		other = other || (b->unit == HINT_TOKENS &&
		    b->remaining < HINT_MICRO);
	}
	return requests && other && !hint->concurrency;
}

/* How long to pause for a refusal that names no time, to begin with. */
static void
take_base(struct lesson *l, const struct lesson_answer *a)
{
	const struct rule_status *s = rule_pauses(a->rule, a->status);
	bool off = s == NULL || s->off;

	l->base = off ? a->rule->pause_default : s->pause;
	l->own_base = a->status != 429 || (!off && s->own);
}

/*
 * A time that is named is believed; "now" as far as the host's budget believes
 * it, and not to a request that has come back for that already.  Then the reset
 * of what is used up counts, where one is named.
 */
static void
take_named(struct lesson *l, const struct lesson_answer *a, uint64_t named,
    uint64_t reset)
{
	l->at_once = named < BUDGET_NOW;
	l->pause = l->at_once && reset > named ? reset : named;
	l->backoff = l->pause < BUDGET_NOW;
	l->again = a->hastened;
	take_base(l, a);
}

/* For how long the lesson, whose verdict is known, pauses. */
static void
take_pause(struct lesson *l, const struct lesson_answer *a,
    const struct hint *hint)
{
	bool learns = a->rule->learn != RULE_LEARN_OFF;
	uint64_t pause = hint->throttled ? hint->pause : hint->refusal;
	uint64_t reset = learns ? hint->refusal : 0;

	l->partial = hint->partial;
	if (l->verdict != BUDGET_THROTTLED) {
		/* statuses that are not to pause, do not */
		if (learns && !hint->throttled)
			l->pause = hint->pause;
		l->spent = l->pause > 0 && !(hint->retry_after &&
		    hint->delay == hint->pause);
	} else if (hint->retry_after)
		take_named(l, a, hint->delay, reset);
	else if (learns && pause > 0)
		take_named(l, a, pause, 0);
	else {
		l->backoff = true;
		take_base(l, a);
	}
}

/* What is left */

/*
 * How many requests a budget allows until its reset.  One that refills has
 * its whole limit until then.
 */
static uint64_t
left_of(const struct hint_budget *b)
{
	uint64_t left = b->remaining;

	if (b->refills && b->has_limit && b->limit > left)
		left = b->limit;
	return left / HINT_MICRO;
}

/* Whether a budget of that many until then allows less for each time. */
static bool
is_tighter(uint64_t left, uint64_t reset, const struct lesson *l)
{
	return !l->shape || (wide)reset * (l->left + 1) >
	    (wide)l->reset * (left + 1);
}

/*
 * Of several budgets the one that allows the least for each time; but none
 * holds the next one up for longer than a pause may last.  Of the host, or of
 * the part that the answer names.
 */
static void
take_shape(struct lesson *l, const struct lesson_answer *a,
    const struct hint *hint, bool partial)
{
	uint64_t max = a->rule->pause_max;
	const struct hint_budget *b;
	uint64_t left;
	unsigned i;

	for (i = 0; max > 0 && i < hint->nbudgets; i++) {
		b = &hint->budgets[i];
		if (b->unit != HINT_REQUESTS || !b->has_remaining ||
		    !b->has_reset || b->reset == 0 || b->partial != partial)
			continue;
		left = left_of(b);
		if (!is_tighter(left, b->reset, l))
			continue;
		l->shape = true;
		l->left = left;
		l->reset = b->reset;
		if (l->reset / max > left)
			l->reset = max * (left + 1);
	}
}

/* What the host has left for everybody, or else for the part. */
static void
take_shapes(struct lesson *l, const struct lesson_answer *a,
    const struct hint *hint)
{
	take_shape(l, a, hint, l->partial && !l->named);
	if (l->shape || !l->named)
		return;
	take_shape(l, a, hint, true);
	l->shape_partial = l->shape;
}

/* What is allowed */

/* Whether so many in a window are fewer for each time than in another. */
static bool
allows_less(uint64_t limit, uint64_t window, uint64_t than, uint64_t in)
{
	return (wide)limit * in < (wide)than * window;
}

/* Beside the shortest one. */
static void
take_longer(struct lesson_allowed *to, uint64_t limit, uint64_t window)
{
	if (limit == 0 || window <= to->window ||
	    !allows_less(limit, window, to->limit, to->window) ||
	    (to->longer_limit != 0 && !allows_less(limit, window,
	    to->longer_limit, to->longer_window)))
		return;
	to->longer_limit = limit;
	to->longer_window = window;
}

/*
 * Of several windows the shortest, which most meet, and a longer one that allows
 * less for each time.
 */
static void
take_window(struct lesson_allowed *to, const struct hint_budget *b)
{
	struct lesson_allowed was = *to;
	uint64_t limit = b->limit / HINT_MICRO;

	if (limit == 0 || !b->has_window || b->window == 0)
		return;
	if (to->limit != 0 && (b->window > to->window ||
	    (b->window == to->window && limit >= to->limit))) {
		take_longer(to, limit, b->window);
		return;
	}
	to->limit = limit;
	to->window = b->window;
	to->longer_limit = to->longer_window = 0;
	take_longer(to, was.limit, was.window);
	take_longer(to, was.longer_limit, was.longer_window);
}

static void
take_slots(struct lesson_allowed *to, const struct hint_budget *b)
{
	uint64_t limit = b->limit / HINT_MICRO;

	if (limit > 0 && limit <= UINT32_MAX &&
	    (to->concurrent == 0 || limit < to->concurrent))
		to->concurrent = (uint32_t)limit;
}

/* By budgets of the whole, or of parts. */
static void
take_allowed(struct lesson_allowed *to, const struct hint *hint, bool partial)
{
	const struct hint_budget *b;
	unsigned i;

	for (i = 0; i < hint->nbudgets; i++) {
		b = &hint->budgets[i];
		if (!b->has_limit || b->partial != partial)
			continue;
		if (b->unit == HINT_REQUESTS)
			take_window(to, b);
		else if (b->unit == HINT_CONCURRENT)
			take_slots(to, b);
	}
}

/* Of several the one of which the fewest are left, and for the longest. */
static void
take_left(struct lesson_room *to, const struct hint *hint, bool partial)
{
	const struct hint_budget *b;
	uint64_t left;
	unsigned i;

	for (i = 0; i < hint->nbudgets; i++) {
		b = &hint->budgets[i];
		if (b->unit != HINT_REQUESTS || b->partial != partial ||
		    !b->has_limit || !b->has_remaining || !b->has_reset ||
		    b->limit < HINT_MICRO)
			continue;
		left = b->remaining / HINT_MICRO;
		if (to->limit != 0 && (left > to->left ||
		    (left == to->left && b->reset <= to->reset)))
			continue;
		*to = (struct lesson_room){
			.limit = b->limit / HINT_MICRO,
			.left = left,
			.reset = b->reset,
			.refills = b->refills,
			.partial = partial,
		};
	}
}

static void
take_room(struct lesson *l, const struct hint *hint)
{
	take_left(&l->room, hint, false);
	if (l->room.limit == 0 && l->general)
		take_left(&l->room, hint, true);
}

/* A part that may be all there is speaks for the whole, until another does. */
static void
take_allowance(struct lesson *l, const struct hint *hint)
{
	take_allowed(&l->allowed, hint, false);
	if (!l->general || l->allowed.limit != 0 || l->allowed.concurrent != 0)
		return;
	l->allowed.partial = true;
	take_allowed(&l->allowed, hint, true);
}

/* Parts */

bool
lesson_names_part(const struct lesson_answer *a, const struct hint *hint)
{
	return hint->part.p != NULL && hint->part.len > 0 && !a->tunnel &&
	    a->rule->learn != RULE_LEARN_OFF;
}

void
lesson_show_part(char shown[THROTTLE_NAME], const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < len && i < THROTTLE_NAME - 1; i++)
		shown[i] = name[i] > ' ' && name[i] < 0x7f ? name[i] : '?';
	shown[i] = '\0';
}

/* The part that the answer names, and what is shown for it. */
static void
take_part(struct lesson *l, const struct lesson_answer *a,
    const struct hint *hint)
{
	struct http1_str name = hint->part;

	if (a->part == NULL)
		return;
	l->named = true;
	l->general = hint->general;
	l->part = *a->part;
	lesson_show_part(l->name, name.p, name.len);
	/* a beginning of it would be another part's name */
	if (name.len > 0 && name.len < sizeof l->raw)
		memcpy(l->raw, name.p, name.len);
	l->method = a->method;
	l->path = a->path;
}

void
lesson_widen(struct lesson *l)
{
	l->partial = false;
	l->shape_partial = false;
	l->allowed.partial = false;
	l->room.partial = false;
}

/* Lessons */

void
lesson_of_head(struct lesson *l, const struct lesson_answer *a,
    const struct hint *hint)
{
	*l = (struct lesson){
		.status = a->status,
		.verdict = verdict_of(a, hint),
		.no_rate = is_of_other(hint),
		.source = hint->source,
	};
	take_pause(l, a, hint);
	take_part(l, a, hint);
	take_allowance(l, hint);
	if (a->rule->learn == RULE_LEARN_ESTIMATE ||
	    a->rule->learn == RULE_LEARN_SHAPE)
		take_room(l, hint);
	if (a->rule->learn == RULE_LEARN_SHAPE &&
	    !(l->verdict == BUDGET_THROTTLED && hint->retry_after))
		take_shapes(l, a, hint);
}

bool
lesson_is_final(const struct lesson *l)
{
	return l->verdict == BUDGET_THROTTLED && !l->backoff;
}

/* By any reading of it. */
static bool
is_for_path(const struct rule_body *body, struct http1_str path)
{
	struct path_readings readings;
	struct path p;

	if (body->path == NULL)
		return true;
	if (!path_readings_start(&readings, path))
		return false;
	while (path_readings_next(&readings, &p))
		if (path_pattern_match(&body->pattern, &p))
			return true;
	return false;
}

unsigned
lesson_bodies(const struct rule *rule, const struct http1_head *h,
    struct http1_str path, const struct refusal_rule *picked[REFUSAL_RULES])
{
	const struct refusal_rule *builtin;
	const struct rule_body *body = rule->bodies;
	unsigned count, more, n = 0;
	size_t i;

	for (i = 0; i < rule->nbodies; i++, body++) {
		more = refusal_pick(&body->rule, 1, h, path, picked, n);
		if (more > n && is_for_path(body, path))
			n = more;
	}
	if (rule->learn == RULE_LEARN_OFF ||
	    ((h->status == 429 || h->status == 503) &&
	    rule_pauses(rule, h->status) == NULL))
		return n;
	builtin = refusal_builtin(&count);
	return refusal_pick(builtin, count, h, path, picked, n);
}

void
lesson_of_too_large(struct lesson *l)
{
	if (l->verdict == BUDGET_THROTTLED) {
		l->pause = 0;
		l->backoff = l->at_once = false;
	}
	l->verdict = BUDGET_NEUTRAL;
}

void
lesson_of_refusal(struct lesson *l, const struct lesson_answer *a,
    const struct hint *head, const struct refusal *r)
{
	struct hint hint = *head;

	hint.throttled = true;
	if (r->has_delay && (!hint.retry_after || r->delay > hint.delay)) {
		hint.retry_after = true;
		hint.delay = r->delay;
		hint.source = r->rule->name;
	}
	if (hint.source == NULL || hint.pause == 0)
		hint.source = r->rule->name;
	l->verdict = BUDGET_THROTTLED;
	l->pause = 0;
	l->backoff = l->at_once = false;
	l->source = hint.source;
	take_pause(l, a, &hint);
	l->own_base = true;
	if (l->backoff && r->rule->has_pause)
		l->base = r->rule->pause;
}
