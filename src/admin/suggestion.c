/* SPDX-License-Identifier: ISC */
#include "admin/suggestion.h"

#include <stdio.h>
#include <string.h>

#include "conf/conf_value.h"

#define SECOND	UINT64_C(1000000000)

/* What a configuration may have; a host may say anything. */
#define CAPACITY_MAX	1000000000
#define PERIOD_MIN	(SECOND / 1000)
#define PERIOD_MAX	(366 * 86400 * SECOND)
#define SLOTS_MAX	1000000

/* Grounds, each of which says whether it has any limits to suggest. */

/* "100 per 1m and 5 at a time" */
static void
say_limits(char buf[EVENTS_TEXT], const struct suggestion *s)
{
	char units[CONF_TEXT], period[CONF_TEXT], slots[32] = "";
	bool rate = s->capacity > 0;

	if (s->concurrency > 0)
		snprintf(slots, sizeof slots, "%s%u at a time",
		    rate ? " and " : "", (unsigned)s->concurrency);
	snprintf(buf, EVENTS_TEXT, "%s%s%s%s",
	    rate ? conf_units_text(units, s->capacity) : "",
	    rate ? " per " : "",
	    rate ? conf_duration_text(period, s->period) : "", slots);
}

static bool
by_its_word(struct suggestion *s, const struct host_view *v)
{
	const struct lesson_allowed *a = &v->seen.allowed;
	char limits[EVENTS_TEXT];

	if (a->limit <= CAPACITY_MAX && a->window >= PERIOD_MIN &&
	    a->window <= PERIOD_MAX) {
		s->capacity = a->limit * BUDGET_UNIT;
		s->period = a->window;
	}
	if (a->concurrent <= SLOTS_MAX)
		s->concurrency = a->concurrent;
	if (s->capacity == 0 && s->concurrency == 0)
		return false;
	say_limits(limits, s);
	snprintf(s->why, sizeof s->why, "the host says that it allows %.80s",
	    limits);
	return true;
}

/* How fast requests went, for people: " at 2.5 per second". */
static void
say_rate(char buf[48], const struct host_view *v, uint64_t now)
{
	double seconds = (double)(now - v->seen.since) / SECOND;

	buf[0] = '\0';
	if (v->seen.since != 0 && now - v->seen.since >= SECOND)
		snprintf(buf, 48, " at %.3g per second",
		    (double)v->admitted / seconds);
}

/* Not enough is known; what, though, is. */
static void
say_nothing_known(struct suggestion *s, const struct host_view *v,
    uint64_t now)
{
	unsigned long long n = v->admitted, refused = v->throttled;
	char rate[48];

	say_rate(rate, v, now);
	if (refused == 0)
		snprintf(s->why, sizeof s->why, "nothing was refused in %llu "
		    "request%s%s, with %u in flight at most: no limit is known",
		    n, n == 1 ? "" : "s", rate, (unsigned)v->seen.most);
	else
		snprintf(s->why, sizeof s->why, "the host refused %llu of "
		    "%llu requests%s without saying what it allows, and took "
		    "%u at a time: no limit is known", refused, n, rate,
		    (unsigned)v->seen.most);
}

/* A key of a throttle is one of a rule, but for whose it is. */
static void
write_rule(struct suggestion *s, const char *key)
{
	char units[CONF_TEXT], period[CONF_TEXT];
	int n = snprintf(s->yaml, sizeof s->yaml, "\"%.*s\":\n",
	    (int)strcspn(key, "~"), key);

	if (s->capacity > 0)
		n += snprintf(s->yaml + n, sizeof s->yaml - (size_t)n,
		    "  capacity: %s\n  period: %s\n",
		    conf_units_text(units, s->capacity),
		    conf_duration_text(period, s->period));
	if (s->concurrency > 0)
		snprintf(s->yaml + n, sizeof s->yaml - (size_t)n,
		    "  concurrency: %u\n", (unsigned)s->concurrency);
}

/*
 * What the host says of itself comes first.  Limits that are estimated from
 * what it refused, and at which rate, are another ground behind that.
 */
void
suggestion_make(struct suggestion *s, const struct host_view *v, uint64_t now)
{
	memset(s, 0, sizeof *s);
	s->confident = by_its_word(s, v);
	if (s->confident)
		write_rule(s, v->key);
	else
		say_nothing_known(s, v, now);
}
