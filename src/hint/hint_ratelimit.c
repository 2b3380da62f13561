/* SPDX-License-Identifier: ISC */
#include "hint/hint_ratelimit.h"

#include <string.h>

#include "hint/hint_budget.h"
#include "hint/hint_until.h"
#include "http/sf.h"

/*
 * RateLimit and RateLimit-Policy, draft-ietf-httpapi-ratelimit-headers:
 *
 *	RateLimit-Policy: "burst";q=100;w=60, "day";q=5000;w=86400
 *	RateLimit: "burst";r=50;t=30
 *
 * q is the quota, w its window, qu its unit, pk a partition's key; r what
 * remains, t until when.  For r and t the names a and w have been proposed,
 * the available quota and the effective window in which it may be used, since
 * no limiter has to reset anything:
 * https://github.com/ietf-wg-httpapi/ratelimit-headers/pull/164
 *
 * Revision 07 had a dictionary, and quotas without names:
 *
 *	RateLimit-Policy: 100;w=60
 *	RateLimit: limit=100, remaining=50, reset=30
 *
 * The draft wants what is malformed ignored, and what comes from a cache, and
 * Retry-After to go first.
 */

static const struct http1_str nameless = { NULL, 0 };

static const struct hint_name named = {
	.slot = HINT_IETF_NAMED, .context = HINT_STRONG,
};
static const struct hint_name quotas = {
	.slot = HINT_IETF_QUOTA, .context = HINT_STRONG,
};

static bool
is(struct http1_str s, const char *text)
{
	return http1_str_equals(s, text);
}

/* A number that is not negative, as a multiple of unit; saturates. */
static bool
count(const struct sf_item *item, uint64_t unit, uint64_t *n)
{
	uint64_t milli;

	if (item->type != SF_NUMBER || item->milli < 0)
		return false;
	milli = (uint64_t)item->milli;
	if (milli > UINT64_MAX / (unit / 1000))
		*n = UINT64_MAX;
	else
		*n = milli * (unit / 1000);
	return true;
}

/* Seconds from now; an instant by its magnitude, as senders may have it. */
static bool
when(struct hint_reading *r, const struct sf_item *item, uint64_t *ns)
{
	struct hint_number number;

	if (item->type != SF_NUMBER || item->milli < 0)
		return false;
	number.whole = (uint64_t)item->milli / 1000;
	number.nano = (uint32_t)(item->milli % 1000) * 1000000;
	return hint_until_number(number, hint_reading_date(r), ns);
}

/* "requests" is the draft's word, "request" its elder one. */
static enum hint_unit
unit(const struct sf_item *item)
{
	if (item->type != SF_STRING && item->type != SF_TOKEN)
		return HINT_TOKENS;
	if (is(item->text, "request") || is(item->text, "requests"))
		return HINT_REQUESTS;
	if (is(item->text, "concurrent-requests"))
		return HINT_CONCURRENT;
	return HINT_TOKENS;
}

/* What the parameters of one item say; zero where they do not. */
struct said {
	bool		 has_quota;
	bool		 has_remaining;
	bool		 has_reset;
	bool		 has_window;
	bool		 available;	/* remaining was called a */
	enum hint_unit	 unit;
	uint64_t	 quota;		/* micro units */
	uint64_t	 remaining;
	uint64_t	 reset;		/* ns */
	uint64_t	 window;
};

static void
read_parameters(struct hint_reading *r, struct sf *sf, struct said *said)
{
	struct http1_str key;
	struct sf_item item;

	memset(said, 0, sizeof *said);
	while (sf_parameter(sf, &key, &item)) {
		if (is(key, "q"))
			said->has_quota = count(&item, HINT_MICRO,
			    &said->quota);
		else if (is(key, "w"))
			said->has_window = count(&item, HINT_SECOND,
			    &said->window);
		else if (is(key, "t"))
			said->has_reset = when(r, &item, &said->reset);
		else if (is(key, "r") || is(key, "a"))
			said->has_remaining = count(&item, HINT_MICRO,
			    &said->remaining);
		else if (is(key, "qu"))
			said->unit = unit(&item);
		if (is(key, "a"))
			said->available = true;
	}
}

/* A window of no length is no window. */
static void
set_window(struct hint_budget *b, const struct said *said)
{
	if (said->has_window && said->window > 0)
		hint_budget_set_window(b, said->window);
}

/* A quota without a name, told from others by its size. */
static void
add_quota(struct hint_reading *r, uint64_t quota, const struct said *said)
{
	struct hint_budget *b;
	unsigned i;

	if (!said->has_window || said->window == 0)
		return;
	for (i = 0; i < r->hint->nbudgets; i++)
		if (r->entries[i].name.slot == HINT_IETF_QUOTA &&
		    r->hint->budgets[i].limit == quota)
			return;
	b = hint_budget(r, &quotas, nameless);
	if (b == NULL)
		return;
	hint_budget_set_limit(b, quota);
	set_window(b, said);
	if (said->unit != HINT_REQUESTS)
		b->unit = said->unit;
}

static void
add_policy(struct hint_reading *r, struct http1_str name,
    const struct said *said)
{
	struct hint_budget *b;

	if (!said->has_quota && !said->has_window)
		return;
	b = hint_budget(r, &named, name);
	if (b == NULL)
		return;
	if (said->has_quota)
		hint_budget_set_limit(b, said->quota);
	set_window(b, said);
	if (said->unit != HINT_REQUESTS)
		b->unit = said->unit;
}

void
hint_ratelimit_policy(struct hint_reading *r, struct http1_str value)
{
	struct sf sf;
	struct sf_item item;
	struct said said;
	uint64_t quota;

	if (!sf_is_list(value))
		return;
	sf_start(&sf, value);
	while (sf_member(&sf, &item)) {
		read_parameters(r, &sf, &said);
		if (item.type == SF_STRING || item.type == SF_TOKEN)
			add_policy(r, item.text, &said);
		else if (count(&item, HINT_MICRO, &quota))
			add_quota(r, quota, &said);
	}
}

static void
add_state(struct hint_reading *r, struct http1_str name,
    const struct said *said)
{
	struct hint_budget *b;

	if (!said->has_remaining && !said->has_reset && !said->has_quota)
		return;
	b = hint_budget(r, &named, name);
	if (b == NULL)
		return;
	if (said->has_quota)
		hint_budget_set_limit(b, said->quota);
	if (said->has_remaining)
		hint_budget_set_remaining(b, said->remaining);
	if (said->has_reset)
		hint_budget_set_reset(b, said->reset);
	/* Beside a, w is what t was. */
	if (said->has_window && said->available && !said->has_reset)
		hint_budget_set_reset(b, said->window);
	else
		set_window(b, said);
	if (said->unit != HINT_REQUESTS)
		b->unit = said->unit;
}

/* False where there is no room for another budget. */
static bool
read_entry(struct hint_reading *r, const struct hint_name *field,
    struct http1_str key, const struct sf_item *item)
{
	struct hint_budget *b;
	uint64_t n;

	if (!is(key, "limit") && !is(key, "remaining") && !is(key, "reset"))
		return true;
	b = hint_budget(r, field, nameless);
	if (b == NULL)
		return false;
	if (is(key, "reset")) {
		if (when(r, item, &n))
			hint_budget_set_reset(b, n);
	} else if (count(item, HINT_MICRO, &n)) {
		if (is(key, "limit"))
			hint_budget_set_limit(b, n);
		else
			hint_budget_set_remaining(b, n);
	}
	return true;
}

/* Also with semicolons between its entries, as parameters have them. */
static void
read_dictionary(struct hint_reading *r, const struct hint_name *field,
    struct http1_str value)
{
	struct sf sf;
	struct sf_item item;
	struct http1_str key;

	sf_start(&sf, value);
	while (sf_entry(&sf, &key, &item)) {
		if (!read_entry(r, field, key, &item))
			return;
		while (sf_parameter(&sf, &key, &item))
			if (!read_entry(r, field, key, &item))
				return;
	}
}

void
hint_ratelimit(struct hint_reading *r, const struct hint_name *field,
    struct http1_str value)
{
	struct sf sf;
	struct sf_item item;
	struct said said;

	if (!sf_is_list(value)) {
		if (sf_is_dictionary(value))
			read_dictionary(r, field, value);
		return;
	}
	sf_start(&sf, value);
	while (sf_member(&sf, &item)) {
		read_parameters(r, &sf, &said);
		if (item.type == SF_STRING || item.type == SF_TOKEN)
			add_state(r, item.text, &said);
	}
}

/* Of members without a window, if there are such; the least of them. */
static void
take_least(uint64_t n, bool bare, bool *any, bool *any_bare, uint64_t *micro)
{
	if (!*any || (bare && !*any_bare) || (bare == *any_bare && n < *micro))
		*micro = n;
	*any = true;
	*any_bare = *any_bare || bare;
}

bool
hint_ratelimit_count(struct hint_reading *r, bool quota, struct http1_str value,
    uint64_t *micro)
{
	struct sf sf;
	struct sf_item item;
	struct said said;
	uint64_t n;
	bool any = false, bare = false;

	if (!sf_is_list(value))
		return false;
	sf_start(&sf, value);
	while (sf_member(&sf, &item)) {
		read_parameters(r, &sf, &said);
		if (!count(&item, HINT_MICRO, &n))
			continue;
		take_least(n, quota && !said.has_window, &any, &bare, micro);
		if (quota)
			add_quota(r, n, &said);
	}
	return any;
}

/* Whether a budget took the quota for its own. */
static bool
merge_quota(struct hint_reading *r, const struct hint_budget *quota)
{
	struct hint_budget *b;
	unsigned i;
	bool taken = false;

	for (i = 0; i < r->hint->nbudgets; i++) {
		b = &r->hint->budgets[i];
		if (r->entries[i].name.slot != HINT_FORM ||
		    !r->entries[i].name.plain)
			continue;
		if (!b->has_limit || b->limit != quota->limit)
			continue;
		if (!b->has_window)
			hint_budget_set_window(b, quota->window);
		taken = true;
	}
	return taken;
}

void
hint_ratelimit_merge(struct hint_reading *r)
{
	unsigned i = 0;

	while (i < r->hint->nbudgets) {
		if (r->entries[i].name.slot == HINT_IETF_QUOTA &&
		    merge_quota(r, &r->hint->budgets[i]))
			hint_budget_remove(r, i);
		else
			i++;
	}
}
