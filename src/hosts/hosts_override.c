/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_override.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_limits.h"
#include "conf/conf_value.h"

#define SECOND	UINT64_C(1000000000)	/* ns; a period that is not named */

static int
override_cmp(const struct hosts_override *a, const struct hosts_override *b)
{
	int order = strcmp(a->name.key, b->name.key);

	return order != 0 ? order : (int)a->kind - (int)b->kind;
}

RB_PROTOTYPE(hosts_override_tree, hosts_override, entry, override_cmp)
RB_GENERATE(hosts_override_tree, hosts_override, entry, override_cmp)

struct hosts_override *
hosts_override_find(struct hosts_overrides *all, const char *key,
    enum hosts_override_kind kind)
{
	struct hosts_override like;

	if (all->n == 0)
		return NULL;
	snprintf(like.name.key, sizeof like.name.key, "%s", key);
	like.kind = kind;
	return RB_FIND(hosts_override_tree, &all->tree, &like);
}

struct hosts_override *
hosts_override_make(struct hosts_overrides *all, const struct hosts_name *name,
    enum hosts_override_kind kind)
{
	struct hosts_override *o = hosts_override_find(all, name->key, kind);

	if (o != NULL || (o = calloc(1, sizeof *o)) == NULL)
		return o;
	o->name = *name;
	o->kind = kind;
	RB_INSERT(hosts_override_tree, &all->tree, o);
	all->n++;
	return o;
}

void
hosts_override_drop(struct hosts_overrides *all, struct hosts_override *o)
{
	if (o == NULL)
		return;
	RB_REMOVE(hosts_override_tree, &all->tree, o);
	all->n--;
	free(o);
}

void
hosts_override_drop_all(struct hosts_overrides *all)
{
	while (!RB_EMPTY(&all->tree))
		hosts_override_drop(all, RB_ROOT(&all->tree));
}

struct hosts_override *
hosts_override_first(struct hosts_overrides *all)
{
	return RB_MIN(hosts_override_tree, &all->tree);
}

struct hosts_override *
hosts_override_next(struct hosts_override *o)
{
	return hosts_override_tree_RB_NEXT(o);
}

/* Limits */

/* The first rate, with what was asked for in its place. */
static bool
set_rate(struct budget_limits *limits, const struct hosts_limits *asked,
    char why[EVENTS_TEXT])
{
	struct gcra_rate *rate = &limits->rates[0];
	const char *wrong, *key;

	if (limits->nrates == 0 && asked->capacity == 0) {
		snprintf(why, EVENTS_TEXT, "a period or a burst without "
		    "capacity, expected capacity beside it: there is no rate "
		    "to change");
		return false;
	}
	if (limits->nrates == 0) {
		*rate = (struct gcra_rate){ .period = SECOND };
		limits->nrates = 1;
	}
	if (asked->capacity != 0)
		rate->capacity = asked->capacity;
	if (asked->period != 0)
		rate->period = asked->period;
	if (asked->burst != 0)
		rate->burst = asked->burst;
	else if (asked->capacity != 0)
		rate->burst = 0;
	if ((wrong = conf_limits_complete(rate, &key)) == NULL)
		return true;
	snprintf(why, EVENTS_TEXT, "%s: %s", key, wrong);
	return false;
}

bool
hosts_override_limits(const struct budget_limits *file,
    const struct hosts_limits *asked, struct budget_limits *limits,
    char why[EVENTS_TEXT])
{
	*limits = *file;
	if (asked->has_concurrency)
		limits->concurrency = asked->concurrency;
	if (asked->capacity == 0 && asked->period == 0 && asked->burst == 0)
		return true;
	return set_rate(limits, asked, why);
}

/* Whether a reload that brings the one for the other has changed nothing. */
static bool
same_limits(const struct budget_limits *a, const struct budget_limits *b)
{
	unsigned i;

	if (a->nrates != b->nrates || a->concurrency != b->concurrency)
		return false;
	for (i = 0; i < a->nrates; i++)
		if (a->rates[i].capacity != b->rates[i].capacity ||
		    a->rates[i].period != b->rates[i].period ||
		    a->rates[i].burst != b->rates[i].burst ||
		    a->rates[i].strict != b->rates[i].strict)
			return false;
	return true;
}

const char *
hosts_override_follow(struct hosts_override *o, const struct conf *conf)
{
	char text[EVENTS_HOST];
	struct hosts_name now;

	hosts_name_print(text, o->name.rule, &o->name.host, &o->name.whose);
	if (!hosts_name_read(&now, conf, text) ||
	    strcmp(now.key, o->name.key) != 0)
		return "the configuration has another throttle for it now";
	if (o->kind == HOSTS_OVERRIDE_LIMITS &&
	    !same_limits(&now.rule->limits, &o->file))
		return "the configuration has other limits for it now";
	o->name = now;
	return NULL;
}

/* Words */

static size_t
add(char buf[EVENTS_TEXT], size_t n, const char *text)
{
	int more;

	if (n >= EVENTS_TEXT)
		return n;
	more = snprintf(buf + n, EVENTS_TEXT - n, "%s%s", n > 0 ? ", " : "",
	    text);
	return n + (size_t)more;
}

static void
say_rate(char text[EVENTS_TEXT], const struct gcra_rate *rate)
{
	char capacity[CONF_TEXT], period[CONF_TEXT], burst[CONF_TEXT];
	int n;

	n = snprintf(text, EVENTS_TEXT, "%s per %s%s",
	    conf_units_text(capacity, rate->capacity),
	    conf_duration_text(period, rate->period),
	    rate->strict ? " strictly" : "");
	if (rate->burst != rate->capacity)
		snprintf(text + n, EVENTS_TEXT - (size_t)n, " (burst %s)",
		    conf_units_text(burst, rate->burst));
}

const char *
hosts_override_say(char buf[EVENTS_TEXT], const struct budget_limits *limits)
{
	char text[EVENTS_TEXT];
	size_t n = 0;
	unsigned i;

	buf[0] = '\0';
	for (i = 0; i < limits->nrates; i++) {
		say_rate(text, &limits->rates[i]);
		n = add(buf, n, text);
	}
	if (limits->concurrency != 0) {
		snprintf(text, sizeof text, "%u at a time",
		    limits->concurrency);
		n = add(buf, n, text);
	}
	if (n == 0)
		snprintf(buf, EVENTS_TEXT, "no limits");
	return buf;
}
