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

/* A rate that a configuration may have. */
static bool
is_rate(uint64_t limit, uint64_t window)
{
	return limit > 0 && limit <= CAPACITY_MAX && window >= PERIOD_MIN &&
	    window <= PERIOD_MAX;
}

static bool
has_longer(const struct lesson_allowed *a)
{
	return is_rate(a->limit, a->window) &&
	    is_rate(a->longer_limit, a->longer_window);
}

/* "10 per 2s, 100 per 1m" */
static void
say_rates(char buf[EVENTS_TEXT], const struct suggestion *s,
    const struct lesson_allowed *a)
{
	char units[CONF_TEXT], period[CONF_TEXT];
	size_t n;

	buf[0] = '\0';
	if (s->capacity > 0)
		snprintf(buf, EVENTS_TEXT, "%s per %s",
		    conf_units_text(units, s->capacity),
		    conf_duration_text(period, s->period));
	n = strlen(buf);
	if (has_longer(a))
		snprintf(buf + n, EVENTS_TEXT - n, ", %llu per %s",
		    (unsigned long long)a->longer_limit,
		    conf_duration_text(period, a->longer_window));
}

/* "100 per 1m and 5 at a time" */
static void
say_limits(char buf[EVENTS_TEXT], const struct suggestion *s,
    const struct lesson_allowed *a)
{
	size_t n;

	say_rates(buf, s, a);
	n = strlen(buf);
	if (s->concurrency > 0)
		snprintf(buf + n, EVENTS_TEXT - n, "%s%u at a time",
		    n > 0 ? " and " : "", (unsigned)s->concurrency);
}

static bool
by_its_word(struct suggestion *s, const struct host_view *v)
{
	const struct lesson_allowed *a = &v->seen.allowed;
	char limits[EVENTS_TEXT];

	if (is_rate(a->limit, a->window)) {
		s->capacity = a->limit * BUDGET_UNIT;
		s->period = a->window;
	}
	if (a->concurrent <= SLOTS_MAX)
		s->concurrency = a->concurrent;
	if (s->capacity == 0 && s->concurrency == 0)
		return false;
	say_limits(limits, s, a);
	snprintf(s->why, sizeof s->why, "the host says that it allows %.80s",
	    limits);
	return true;
}

/* What it has refused; of several limits the first one is told in numbers. */
static bool
by_estimate(struct suggestion *s, const struct host_view *v)
{
	const struct estimate_view *e = &v->throttle.estimate;
	char evidence[ESTIMATE_EVIDENCE];
	const struct estimate_limit *l;
	unsigned i;
	int n = 0;

	for (i = 0; i < e->nlimits; i++) {
		l = &e->limits[i];
		if (l->kind == ESTIMATE_SLOTS)
			s->concurrency = (uint32_t)l->n;
		else if (s->capacity == 0) {
			s->capacity = l->n * BUDGET_UNIT;
			s->period = l->period;
		}
		if (n < (int)sizeof s->why)
			n += snprintf(s->why + n, sizeof s->why - (size_t)n,
			    "%s%s (confidence %u%%)", i > 0 ? "; " : "",
			    estimate_evidence(evidence, l), l->confidence);
	}
	return e->nlimits > 0;
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
	if (v->throttle.estimate.on)
		snprintf(s->why, sizeof s->why, "unknown, peak %u per 1 s: "
		    "%llu of %llu request%s refused",
		    (unsigned)v->throttle.estimate.peak, refused, n,
		    n == 1 ? "" : "s");
	else if (refused == 0)
		snprintf(s->why, sizeof s->why, "nothing was refused in %llu "
		    "request%s%s, with %u in flight at most: no limit is known",
		    n, n == 1 ? "" : "s", rate, (unsigned)v->seen.most);
	else
		snprintf(s->why, sizeof s->why, "the host refused %llu of "
		    "%llu requests%s without saying what it allows, and took "
		    "%u at a time: no limit is known", refused, n, rate,
		    (unsigned)v->seen.most);
}

/* Windows are exact, buckets have a burst. */
static int
write_rates(struct suggestion *s, int n, const struct estimate_view *e)
{
	const struct estimate_limit *l;
	char period[CONF_TEXT], how[48];
	unsigned i, some = 0;

	for (i = 0; i < e->nlimits; i++) {
		l = &e->limits[i];
		if (l->kind == ESTIMATE_SLOTS)
			continue;
		snprintf(how, sizeof how, "strict: true");
		if (l->kind == ESTIMATE_BUCKET)
			snprintf(how, sizeof how, "burst: %llu",
			    (unsigned long long)l->burst);
		n += snprintf(s->yaml + n, sizeof s->yaml - (size_t)n,
		    "%s    - {capacity: %llu, period: %s, %s}\n",
		    some++ == 0 ? "  rates:\n" : "",
		    (unsigned long long)l->n,
		    conf_duration_text(period, l->period), how);
	}
	return n;
}

/* Two that the host names itself. */
static int
write_both(struct suggestion *s, int n, const struct lesson_allowed *a)
{
	char units[CONF_TEXT], period[CONF_TEXT], longer[CONF_TEXT];

	return n + snprintf(s->yaml + n, sizeof s->yaml - (size_t)n,
	    "  rates:\n    - {capacity: %s, period: %s}\n"
	    "    - {capacity: %llu, period: %s}\n",
	    conf_units_text(units, s->capacity),
	    conf_duration_text(period, s->period),
	    (unsigned long long)a->longer_limit,
	    conf_duration_text(longer, a->longer_window));
}

/* A key of a throttle is one of a rule, but for whose it is. */
static void
write_rule(struct suggestion *s, const struct host_view *v,
    const struct estimate_view *rates)
{
	char units[CONF_TEXT], period[CONF_TEXT];
	int n = snprintf(s->yaml, sizeof s->yaml, "\"%.*s\":\n",
	    (int)strcspn(v->key, "~"), v->key);

	if (rates != NULL)
		n = write_rates(s, n, rates);
	else if (has_longer(&v->seen.allowed))
		n = write_both(s, n, &v->seen.allowed);
	else if (s->capacity > 0)
		n += snprintf(s->yaml + n, sizeof s->yaml - (size_t)n,
		    "  capacity: %s\n  period: %s\n",
		    conf_units_text(units, s->capacity),
		    conf_duration_text(period, s->period));
	if (s->concurrency > 0)
		snprintf(s->yaml + n, sizeof s->yaml - (size_t)n,
		    "  concurrency: %u\n", (unsigned)s->concurrency);
}

/*
 * What the host says of itself comes first, then what was found by what it
 * refused.
 */
void
suggestion_make(struct suggestion *s, const struct host_view *v, uint64_t now)
{
	memset(s, 0, sizeof *s);
	s->confident = by_its_word(s, v);
	if (s->confident)
		write_rule(s, v, NULL);
	else if ((s->confident = by_estimate(s, v)))
		write_rule(s, v, &v->throttle.estimate);
	else
		say_nothing_known(s, v, now);
}
