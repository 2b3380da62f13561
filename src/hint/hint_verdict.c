/* SPDX-License-Identifier: ISC */
#include "hint/hint_verdict.h"

#include <string.h>

#include "base/sum.h"
#include "base/wide.h"
#include "hint/hint_budget.h"
#include "hint/hint_list.h"
#include "hint/hint_number.h"
#include "hint/hint_ratelimit.h"

/*
 * What a response's fields mean together: which budgets count, whether it was
 * a refusal, how long to wait, and whom that holds.
 */

/* "Rate limits for the REST API": at least a minute, where nothing tells. */
#define GITHUB_PAUSE	(60 * HINT_SECOND)

static const struct http1_str nameless = { NULL, 0 };

/* Budgets */

static bool
has_count(const struct hint_reading *r, unsigned i)
{
	const struct hint_budget *b = &r->hint->budgets[i];

	return b->has_limit || b->has_remaining || r->entries[i].has_used;
}

/* Whether a budget took the times of one that has nothing else. */
static bool
take_times(struct hint_reading *r, unsigned from, unsigned to)
{
	const struct hint_budget *times = &r->hint->budgets[from];
	struct hint_budget *b = &r->hint->budgets[to];

	if (to == from || r->entries[to].name.slot != HINT_FORM ||
	    r->entries[to].name.family != r->entries[from].name.family ||
	    !has_count(r, to))
		return false;
	if (times->has_reset && !b->has_reset)
		hint_budget_set_reset(b, times->reset);
	if (times->has_window && !b->has_window)
		hint_budget_set_window(b, times->window);
	return true;
}

/*
 * A time without the name of a budget is for all of the same host's that have
 * none of their own: X-Rate-Limit-Requests-Left, X-Rate-Limit-Reset.
 */
static void
share_times(struct hint_reading *r)
{
	unsigned i = 0, j;
	bool taken;

	while (i < r->hint->nbudgets) {
		taken = false;
		if (r->entries[i].name.slot == HINT_FORM &&
		    r->entries[i].name.plain && !has_count(r, i))
			for (j = 0; j < r->hint->nbudgets; j++)
				taken = take_times(r, i, j) || taken;
		if (taken)
			hint_budget_remove(r, i);
		else
			i++;
	}
}

static bool
is_refusal(int status)
{
	return status == 429 || status == 420;
}

/* Of those that mean an error: by IANA's registry. */
static bool
is_registered(int status)
{
	return status < 418 || (status >= 421 && status <= 429) ||
	    status == 431 || status == 451 || (status >= 500 && status <= 508) ||
	    status == 510 || status == 511;
}

/*
 * Whether the response is a refusal whatever its budgets say: one of them may
 * refuse while another one serves, and the request fail for something else.
 */
static bool
is_refused(const struct hint_reading *r)
{
	int status = r->head->status;

	return is_refusal(status) || (r->error && status >= 400) ||
	    ((status == 503 || !is_registered(status)) &&
	    (r->hint->retry_after || r->has_ms));
}

/*
 * Both of limit and remaining, where one follows from what was used, or from
 * the word that it refuses.  A limit beyond which a host serves does not bind.
 */
static void
derive(const struct hint_reading *r, struct hint_budget *b,
    const struct hint_entry *entry)
{
	int status = r->head->status;

	if (status < 400 && entry->has_used && b->has_limit &&
	    entry->used > b->limit)
		return;
	if (entry->refuses && !b->has_remaining && is_refused(r))
		hint_budget_set_remaining(b, 0);
	if (entry->has_used && b->has_limit && !b->has_remaining)
		hint_budget_set_remaining(b, entry->used < b->limit ?
		    b->limit - entry->used : 0);
	if (entry->has_used && b->has_remaining && !b->has_limit)
		hint_budget_set_limit(b, sum(entry->used, b->remaining));
}

/*
 * Whether it is a budget of requests, by what was understood.  Where no name
 * speaks of a rate limit, a response that is no refusal has to say limit, rest
 * and reset, without contradiction, and of nothing that is known to be
 * something else: uploads have limits, and passwords are reset.  And who
 * serves at a limit of 0 has none.
 */
static bool
counts(const struct hint_budget *b, enum hint_context context, int status)
{
	if (status < 400 && b->has_limit && b->limit == 0)
		return false;
	if (context == HINT_STRONG)
		return b->has_limit || b->has_remaining || b->has_reset;
	if (!is_refusal(status))
		return context != HINT_OTHER_CONTEXT && b->has_limit &&
		    b->has_remaining && b->has_reset && b->limit > 0 &&
		    b->remaining <= b->limit;
	if (context == HINT_WEAK)
		return b->has_limit || b->has_remaining || b->has_reset;
	return b->has_limit && b->has_remaining;
}

static bool
is_of_other_method(const struct hint_reading *r, const struct hint_entry *entry)
{
	const char *method = entry->name.method;

	return method != NULL && r->method.p != NULL &&
	    !http1_str_equals(r->method, method);
}

/*
 * Whose budgets these are that have no name but the response's part, or that of
 * a method: X-Post-Rate-Limit-Remaining.
 *
 * Imgur: "Rate Limits", https://apidocs.imgur.com
 * Uploads have a budget of their own beside those of a user and of a client.
 */
static void
attribute(const struct hint_reading *r, const struct hint_entry *entry,
    struct hint_budget *b)
{
	const char *method = entry->name.method;

	if (entry->name.slot != HINT_FORM)
		return;
	if (method != NULL) {
		b->name = (struct http1_str){ method, strlen(method) };
		b->partial = !r->global;
		return;
	}
	if (!entry->name.plain || entry->name.context != HINT_STRONG)
		return;
	b->name = r->name;
	if (r->github)
		b->source = "github";
	else if (r->discord)
		b->source = "discord";
	b->partial = r->name.p != NULL && !r->global;
}

/* A policy that no other stands beside is of what the request is a part of. */
static void
attribute_policies(const struct hint_reading *r)
{
	struct hint_budget *found = NULL;
	unsigned i, n = 0;

	for (i = 0; i < r->hint->nbudgets; i++)
		if (r->entries[i].name.slot == HINT_IETF_NAMED && n++ == 0)
			found = &r->hint->budgets[i];
	if (n == 1 && r->name.p == NULL)
		found->partial = !r->global;
}

bool
hint_is_cached(const struct http1_head *head)
{
	const struct http1_field *f = head->fields;
	struct http1_str list, member;
	struct hint_number age;
	unsigned i;

	for (i = 0; i < head->nfields; i++, f++) {
		if (f->name.len != 3 || !http1_str_is(f->name, "age"))
			continue;
		list = f->value;
		while (hint_member(&list, &member))
			if (hint_number(member, &age) && age.whole > 0)
				return true;
	}
	return false;
}

static void
finish_budgets(struct hint_reading *r)
{
	struct hint *h = r->hint;
	struct hint_budget *b;
	unsigned i = 0, n;

	if (h->nbudgets > 0 && hint_is_cached(r->head))
		h->nbudgets = 0;
	n = h->nbudgets;
	for (; i < n; i++)
		hint_budget_split(r, i);
	i = 0;
	hint_ratelimit_merge(r);
	share_times(r);
	while (i < h->nbudgets) {
		b = &h->budgets[i];
		derive(r, b, &r->entries[i]);
		if (is_of_other_method(r, &r->entries[i]) ||
		    !counts(b, r->entries[i].name.context, r->head->status)) {
			hint_budget_remove(r, i);
			continue;
		}
		if (b->has_limit && b->has_remaining && b->remaining > b->limit)
			b->remaining = b->limit;
		attribute(r, &r->entries[i], b);
		i++;
	}
	attribute_policies(r);
}

/*
 * What is left is not enough for a request, or for anything.  Those at the
 * same time need no pause: they end.
 */
static bool
is_exhausted(const struct hint_budget *b)
{
	if (!b->has_remaining || b->unit == HINT_CONCURRENT)
		return false;
	if (b->unit == HINT_REQUESTS)
		return b->remaining < HINT_MICRO;
	return b->remaining == 0;
}

/* Whether a budget is used up that says until when, or whose part is that. */
static bool
any_exhausted(const struct hint *h, bool timed, bool partial)
{
	unsigned i;

	for (i = 0; i < h->nbudgets; i++)
		if (is_exhausted(&h->budgets[i]) &&
		    (!timed || h->budgets[i].has_reset) &&
		    (!partial || h->budgets[i].partial))
			return true;
	return false;
}

/* What two that mean the same differ by, which were rounded to seconds. */
#define ROUNDED		(2 * HINT_SECOND)

static bool
is_near(uint64_t a, uint64_t b, uint64_t slack)
{
	return a > b ? a - b <= slack : b - a <= slack;
}

static bool
is_fraction(uint64_t ns)
{
	return ns % HINT_SECOND != 0;
}

/*
 * Whether a delay is a reset in milliseconds, near enough: to the fraction,
 * which both have then, or to what was rounded of seconds; a few of those may
 * be a coincidence.
 */
static bool
is_thousandfold(uint64_t delay, uint64_t reset)
{
	if (!is_fraction(reset) && reset < 10 * HINT_SECOND)
		return false;
	return is_near(delay / 1000, reset,
	    is_fraction(reset) ? HINT_SECOND / 100 : ROUNDED);
}

/*
 * Whether a refusal may be by that budget: it is used up, or else does not say
 * what is left, where the fraction of its reset leaves no doubt.
 */
static bool
may_refuse(const struct hint_budget *b)
{
	return is_exhausted(b) || (!b->has_remaining && is_fraction(b->reset));
}

/*
 * Whether a delay is that budget's as it is: its reset, or one that it does not
 * say and that may be that long.
 */
static bool
confirms(const struct hint_budget *b, uint64_t delay)
{
	if (b->has_reset)
		return is_near(delay, b->reset, ROUNDED);
	return is_exhausted(b) && (!b->has_window || b->window >= delay);
}

/*
 * Whether Retry-After is in milliseconds, as libraries have it whose timers
 * are: a thousand times what a reset beside it says in seconds, which is that
 * of a budget that refuses.  A minute's reset beside the hours of a day that is
 * used up is a coincidence.
 */
static bool
is_in_milliseconds(const struct hint *h)
{
	const struct hint_budget *b;
	bool found = false;
	unsigned i;

	for (i = 0; i < h->nbudgets; i++) {
		b = &h->budgets[i];
		if (confirms(b, h->delay))
			return false;
		found = found || (b->has_reset && b->reset > 0 &&
		    may_refuse(b) && is_thousandfold(h->delay, b->reset));
	}
	return found;
}

/*
 * retry-after-ms is what Retry-After was rounded from, if they are that near
 * to each other; if not, the longer one counts.
 */
static void
finish_delay(struct hint_reading *r)
{
	struct hint *h = r->hint;

	if (h->retry_after && h->delay != UINT64_MAX && is_in_milliseconds(h))
		h->delay /= 1000;
	if (!r->has_ms)
		return;
	if (!h->retry_after || r->ms > h->delay ||
	    h->delay - r->ms <= HINT_SECOND)
		h->delay = r->ms;
	h->retry_after = true;
}

/* Refusals */

/*
 * 420 was Twitter's elder 429.  With 418 Binance bans who goes on after 429:
 * "Limits", https://developers.binance.com/docs/binance-spot-api-docs/
 * rest-api/limits
 *
 * 403 and 503 are mostly something else, also where some budget is used up:
 * Salesforce serves on above its limit, and refuses for rights all the same.
 * So they have to say until when.  The same goes for statuses that nobody has
 * registered: 430 (Shopify), 509 (bandwidth), 529 (too much for the site), 999
 * (LinkedIn).
 */
static bool
is_throttled(const struct hint_reading *r, int status)
{
	const struct hint *h = r->hint;

	if (r->error && status >= 400)
		return true;
	switch (status) {
	case 420:
	case 429:
		return true;
	case 403:
	case 503:
		return h->retry_after || any_exhausted(h, true, false);
	default:
		return !is_registered(status) && h->retry_after;
	}
}

/*
 * Whether a response that is no refusal asks all the same that what follows
 * waits: a Retry-After alone speaks of a redirect, or of a job to be polled.
 *
 * Azure DevOps: "Rate and usage limits",
 * https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
 * It delays an answer (X-RateLimit-Delay), and asks to wait after it.
 *
 * GitHub: "Rate limits and query limits for the GraphQL API",
 * https://docs.github.com/graphql/overview/
 * rate-limits-and-query-limits-for-the-graphql-api
 * A secondary limit may be told with 200.  So may MediaWiki's limits be, by the
 * name of an error.
 */
static bool
is_held_up(const struct hint_reading *r, int status)
{
	if (!r->hint->retry_after || status < 200 ||
	    (status >= 300 && status < 400))
		return false;
	return r->delayed || r->error || (status == 200 && r->github) ||
	    (status != 202 && any_exhausted(r->hint, false, false));
}

/* a * part / whole, rounded up, for a part that is not more than the whole. */
static uint64_t
share(uint64_t a, uint64_t part, uint64_t whole)
{
	wide n = (wide)a * part;

	return (uint64_t)((n + whole - 1) / whole);
}

/*
 * One that refills and counts requests has the first one back long before it
 * is full.
 */
static uint64_t
first_back(const struct hint_budget *b, uint64_t ns)
{
	if (b->refills && b->unit == HINT_REQUESTS && b->has_limit &&
	    b->limit > HINT_MICRO && ns != UINT64_MAX)
		return share(ns, HINT_MICRO, b->limit);
	return ns;
}

/*
 * How long an exhausted budget keeps everybody waiting.  A window is a word on
 * how long only where there was a refusal.
 */
static uint64_t
exhausted_for(const struct hint_budget *b, bool throttled)
{
	uint64_t ns = 0;

	if (!is_exhausted(b))
		return 0;
	if (b->has_reset)
		ns = b->reset;
	else if (throttled && b->has_window)
		ns = b->window;
	return first_back(b, ns);
}

/* A budget and for how long (ns) it holds; 0: none does. */
struct hold {
	const struct hint_budget	*budget;
	uint64_t			 ns;
};

/* The longest of those that are used up. */
static struct hold
hold_of_exhausted(const struct hint *h, bool throttled)
{
	struct hold hold = { NULL, 0 };
	uint64_t ns;
	unsigned i;

	for (i = 0; i < h->nbudgets; i++) {
		ns = exhausted_for(&h->budgets[i], throttled);
		if (ns < hold.ns || (ns == hold.ns && (hold.budget == NULL ||
		    h->budgets[i].partial)))
			continue;
		hold.ns = ns;
		hold.budget = &h->budgets[i];
	}
	return hold;
}

/* How likely it is, in short, that a request was refused for this budget. */
static unsigned
blame(const struct hint_budget *b)
{
	if (!b->has_reset || b->reset == 0 || b->allowed ||
	    b->unit == HINT_CONCURRENT)
		return 0;
	if (!b->has_remaining)
		return 3;
	/* what is left of tokens may be too few for this request */
	return b->unit == HINT_TOKENS ? 2 : 1;
}

/* Whether less of a is left than of b, by what they allow. */
static bool
is_shorter(const struct hint_budget *a, const struct hint_budget *b)
{
	wide left, right;

	if (!a->has_limit || !b->has_limit || a->limit == 0 || b->limit == 0)
		return a->reset > b->reset;
	left = (wide)a->remaining * b->limit;
	right = (wide)b->remaining * a->limit;
	return left != right ? left < right : a->reset > b->reset;
}

/*
 * A refusal although nothing is used up: by what is known least or is shortest
 * of what there is, unless there were too many at once.
 */
static struct hold
hold_of_shortest(const struct hint *h)
{
	const struct hint_budget *b;
	struct hold hold = { NULL, 0 };
	unsigned i;

	for (i = 0; i < h->nbudgets; i++) {
		b = &h->budgets[i];
		if (b->unit == HINT_CONCURRENT && b->has_remaining &&
		    b->remaining < HINT_MICRO)
			return (struct hold){ NULL, 0 };
		if (blame(b) > 0 && (hold.budget == NULL ||
		    blame(b) > blame(hold.budget) ||
		    (blame(b) == blame(hold.budget) &&
		    is_shorter(b, hold.budget))))
			hold.budget = b;
	}
	if (hold.budget != NULL)
		hold.ns = first_back(hold.budget, hold.budget->reset);
	return hold;
}

/*
 * GitHub's refusals with something left are for a secondary limit, of which no
 * field tells.
 */
static struct hold
hold_of_refusal(const struct hint_reading *r)
{
	struct hold hold = hold_of_exhausted(r->hint, true);

	return hold.ns == 0 && !r->github ? hold_of_shortest(r->hint) : hold;
}

/* Whom it holds */

/* A policy that is used up, or the only one there is. */
static struct http1_str
policy_name(const struct hint_reading *r)
{
	const struct hint_budget *b = r->hint->budgets, *found = NULL;
	unsigned i, n = 0;

	for (i = 0; i < r->hint->nbudgets; i++, b++) {
		if (r->entries[i].name.slot != HINT_IETF_NAMED)
			continue;
		if (n++ == 0 || (is_exhausted(b) && (!is_exhausted(found) ||
		    b->reset > found->reset)))
			found = b;
	}
	return found != NULL && (n == 1 || is_exhausted(found)) ?
	    found->name : nameless;
}

/* The budget of a method: one that is used up, else the first. */
static struct http1_str
method_name(const struct hint_reading *r)
{
	const struct hint_budget *b = r->hint->budgets, *found = NULL;
	unsigned i;

	for (i = 0; i < r->hint->nbudgets; i++, b++)
		if (r->entries[i].name.method != NULL && (found == NULL ||
		    (is_exhausted(b) && !is_exhausted(found))))
			found = b;
	return found != NULL && found->partial ? found->name : nameless;
}

/* What the response is a part of, by its budgets where no field names it. */
static void
name_part(struct hint_reading *r)
{
	struct hint *h = r->hint;

	h->part = r->name.p != NULL ? r->name : policy_name(r);
	/* core is what is no other resource, as GitHub and others call it */
	h->general = r->name.p == NULL ? h->part.p != NULL :
	    http1_str_is(r->name, "core");
	if (h->part.p == NULL)
		h->part = method_name(r);
}

/*
 * Whether a refusal that says itself for how long is about the response's part
 * only.  GitHub's with something left of the resource is a secondary limit,
 * which is for all of them; and so may one beside a policy be.
 */
static bool
is_of_part(const struct hint_reading *r)
{
	if (r->partial)
		return true;
	if (r->global)
		return false;
	if (r->name.p == NULL || r->github)
		return any_exhausted(r->hint, false, true);
	return true;
}

static void
pause_by_delay(struct hint_reading *r)
{
	struct hint *h = r->hint;

	h->pause = h->delay;
	h->source = "retry-after";
	h->partial = is_of_part(r);
}

static void
finish_pause(struct hint_reading *r)
{
	struct hint *h = r->hint;
	struct hold hold = hold_of_refusal(r);

	h->refusal = hold.ns;
	if (h->throttled && h->retry_after) {
		pause_by_delay(r);
		return;
	}
	if (!h->throttled)
		hold = hold_of_exhausted(h, false);
	if (hold.ns > 0) {
		h->pause = hold.ns;
		h->source = hold.budget->source;
		h->partial = hold.budget->partial;
	} else if (h->throttled && r->github) {
		h->pause = GITHUB_PAUSE;
		h->source = "github";
		return;
	}
	if (h->throttled && is_of_part(r))
		h->partial = true;
	if (is_held_up(r, r->head->status) && h->delay > h->pause)
		pause_by_delay(r);
}

static bool
may_be_large(const struct hint *h)
{
	unsigned i;

	if (!h->throttled || any_exhausted(h, false, false))
		return false;
	for (i = 0; i < h->nbudgets; i++)
		if (h->budgets[i].unit == HINT_TOKENS &&
		    h->budgets[i].has_remaining)
			return true;
	return false;
}

void
hint_verdict(struct hint_reading *r)
{
	struct hint *h = r->hint;
	int status = r->head->status;

	finish_budgets(r);
	finish_delay(r);
	name_part(r);
	if (h->nbudgets > 0)
		h->source = h->budgets[0].source;
	h->throttled = is_throttled(r, status);
	h->may_be_large = may_be_large(h);
	finish_pause(r);
}
