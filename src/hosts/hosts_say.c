/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_say.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/words.h"
#include "conf/conf_value.h"
#include "hosts/hosts_name.h"
#include "policy/tokens.h"

const char *
hosts_label(char buf[HOSTS_LABEL], const struct ticket *t)
{
	const struct http1_host *name = t->name;
	bool v6 = name->kind == HTTP1_IPV6;

	if (t->rule->shared)
		snprintf(buf, HOSTS_LABEL, "%s", t->rule->name);
	else if (t->rule->has_port)
		snprintf(buf, HOSTS_LABEL, v6 ? "[%s]:%u" : "%s:%u",
		    name->name, (unsigned)name->port);
	else
		snprintf(buf, HOSTS_LABEL, v6 ? "[%s]" : "%s", name->name);
	return buf;
}

/* What was cut at the end of the buffer ends with a whole UTF-8 character. */
static void
cut_character(char *text, size_t size)
{
	size_t len = strlen(text);

	if (len + 1 < size)
		return;
	while (len > 0 && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
		len--;
	if (len > 0 && ((unsigned char)text[len - 1] & 0x80) != 0)
		len--;
	text[len] = '\0';
}

/* Its numbers, or what it comes from. */
static void
say_what(char *buf, const struct hosts_limit *l)
{
	char units[CONF_TEXT], period[CONF_TEXT];
	const char *text = "turn";

	switch (l->what) {
	case BUDGET_SHORT_RATE:
		snprintf(buf, HOSTS_BUDGET, "%s per %s",
		    conf_units_text(units, l->rate.capacity),
		    conf_duration_text(period, l->rate.period));
		return;
	case BUDGET_SHORT_CONCURRENCY:
		snprintf(buf, HOSTS_BUDGET, "%u at a time", l->concurrency);
		return;
	case BUDGET_SHORT_PAUSE:
		text = l->manual ? "paused by an operator" :
		    "paused by the host";
		break;
	case BUDGET_SHORT_RECOVERY:
		text = "recovering from a pause";
		break;
	case BUDGET_SHORT_SHAPE:
		text = "what the host says is left";
		break;
	case BUDGET_SHORT_LEASE:
		text = "a lease from the store";
		break;
	case BUDGET_SHORT_NONE:
		break;
	}
	snprintf(buf, HOSTS_BUDGET, "%s", text);
}

const char *
hosts_say_limit(char buf[HOSTS_BUDGET], const struct hosts_limit *l)
{
	const char *of = "", *whose = "", *all = "";
	size_t n;

	if (l->part != NULL || l->meter != NULL) {
		of = " of ";
		whose = l->part != NULL ? l->part : l->meter;
	} else if (l->named != NULL) {
		of = " of its part ";
		whose = l->named;
	}
	if (l->total)
		all = " of all credentials";
	say_what(buf, l);
	n = strlen(buf);
	snprintf(buf + n, HOSTS_BUDGET - n, "%s%s%s", of, whose, all);
	cut_character(buf, HOSTS_BUDGET);
	return buf;
}

/* Whose a named budget is that is short. */
static const struct budget_limits *
say_meter(struct hosts_limit *l, const struct rule *rule,
    const struct throttle_report *r)
{
	const struct throttle_meter_limits *meter = r->of_total ?
	    &rule->tokens->totals[r->meter] : &rule->tokens->meters[r->meter];

	l->total = r->of_total;
	l->meter = meter->name;
	return &meter->limits;
}

void
hosts_say_short(char buf[HOSTS_BUDGET], const struct hosts_short *s)
{
	const struct throttle_report *r = s->report;
	const struct rule *rule = s->host->rule;
	const struct budget_limits *limits = s->whole;
	struct hosts_limit l = { .what = r->what };
	unsigned part = THROTTLE_WHOLE;

	if (r->of_part && r->part < rule->npaths) {
		part = r->part;
		limits = &rule->paths[part].limits;
		l.part = rule->paths[part].text;
	} else if (r->of_named) {
		part = THROTTLE_NAMED_PART(s->named);
		l.named = throttle_named_text(s->host->throttle, s->named);
	} else if (r->of_meter && rule->tokens != NULL &&
	    r->meter < (r->of_total ? rule->tokens->ntotals :
	    rule->tokens->n)) {
		limits = say_meter(&l, rule, r);
	} else if (r->of_total) {
		limits = &rule->total;
		l.total = true;
	}
	if (r->what == BUDGET_SHORT_RATE)
		l.rate = limits->rates[r->rate];
	l.concurrency = limits->concurrency;
	l.manual = s->causes != NULL && s->causes[part] == STATS_MANUAL;
	hosts_say_limit(buf, &l);
}

void
hosts_say_budget(const struct host *h, struct ticket *t)
{
	const struct hosts_short s = {
		.host = h,
		.whole = host_budget_limits(h),
		.report = &t->report,
		.named = t->waiter.named,
		.causes = h->pause.causes,
	};

	hosts_say_short(t->budget, &s);
}

/* The first refusal is worth a line, and the end of refusing; not each. */
void
hosts_say_crossing(const struct ticket *t, enum hosts_answer a)
{
	char text[EVENTS_TEXT], name[EVENTS_HOST], buf[WORDS];
	char label[HOSTS_LABEL];

	bool full = a == HOSTS_FULL || a == HOSTS_YIELDED;
	bool refuses = full || a == HOSTS_LATE;

	hosts_label(label, t);
	if (full)
		snprintf(text, sizeof text, "refusing requests: queue.length "
		    "(%u) is reached", t->rule->queue_length);
	else if (a == HOSTS_LATE)
		snprintf(text, sizeof text, "refusing requests: the wait "
		    "would be longer than queue.max_wait (%s)",
		    words_duration(buf, t->rule->max_wait));
	else
		snprintf(text, sizeof text, "no longer refusing requests");
	if (refuses)
		log_told(LOG_LEVEL_WARN, "%s: %s", label, text);
	else
		log_info("%s: %s", label, text);
	hosts_name_print(name, t->rule, t->name, &t->credential);
	events_tell(refuses ? EVENT_FULL : EVENT_NOT_FULL, name,
	    t->rule->name, NULL, "%s", text);
}

/* Whether what is learned of the host, or the part, says for how long, too. */
static bool
is_learned(const struct ticket *t, const struct lesson *l)
{
	return t->rule->learn == RULE_LEARN_ESTIMATE && !l->no_rate &&
	    (!l->partial || l->named);
}

/* Its source, or what stands for one; or NULL. */
static const char *
source_of(const struct ticket *t, const struct lesson *l, uint64_t pause)
{
	if (l->at_once && !is_learned(t, l))
		return "its \"now\" has been believed once";
	if (!l->backoff)
		return l->source;
	if (l->at_once)
		return "as learned; it named \"now\"";
	return pause == t->rule->pause_default &&
	    t->rule->learn != RULE_LEARN_ESTIMATE ?
	    "no time is named: pause.default" : "no time is named";
}

const char *
hosts_say_grounds(char buf[EVENTS_TEXT], const struct ticket *t,
    const struct lesson *l, uint64_t pause)
{
	const char *source = source_of(t, l, pause);
	bool cut = !l->backoff && pause < l->pause;
	char named[WORDS];

	if (!l->backoff && pause > l->pause && is_learned(t, l))
		snprintf(buf, EVENTS_TEXT, "after its answer %d (as learned; "
		    "%s named %s)", l->status, source != NULL ? source : "it",
		    words_duration(named, l->pause));
	else if (source == NULL)
		snprintf(buf, EVENTS_TEXT, "after its answer %d", l->status);
	else
		snprintf(buf, EVENTS_TEXT, "after its answer %d (%s%s)",
		    l->status, source, cut ? ", cut to pause.max" : "");
	return buf;
}
