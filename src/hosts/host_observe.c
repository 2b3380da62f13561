/* SPDX-License-Identifier: ISC */
#include "hosts/host_observe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "hosts/host_pause.h"
#include "hosts/hosts_say.h"
#include "policy/tokens.h"

/* Limits */

static bool
observes(const struct rule *rule)
{
	return rule->mode == RULE_OBSERVE || rule->tries;
}

/* The limits of its whole that are tried. */
static const struct budget_limits *
whole(const struct rule *rule)
{
	return rule->tries ? &rule->candidate.limits : &rule->limits;
}

static uint64_t
max_wait(const struct rule *rule)
{
	return rule->tries ? rule->candidate.max_wait : rule->max_wait;
}

struct throttle_limits
host_observe_limits(const struct rule *rule,
    const struct budget_limits *limits, uint32_t queue_length)
{
	struct throttle_limits l = {
		.host = *limits,
		.nparts = (unsigned)rule->npaths,
		.queue_length = queue_length,
		.trust_priority = rule->trust_priority,
		.learning = rule->learn == RULE_LEARN_SHAPE,
	};
	unsigned i;

	for (i = 0; i < l.nparts; i++)
		l.parts[i] = &rule->paths[i].limits;
	if (rule->tokens != NULL)
		l.nmeters = rule->tokens->n;
	for (i = 0; i < l.nmeters; i++)
		l.meters[i] = &rule->tokens->meters[i];
	return l;
}

static struct throttle_limits
tried(const struct rule *rule)
{
	return host_observe_limits(rule, whole(rule), rule->tries ?
	    rule->candidate.queue_length : rule->queue_length);
}

/* Its life */

static void
count(struct host *h)
{
	if (!observe_is_uncounted(h->observe))
		return;
	pthread_mutex_lock(&h->stats->lock);
	observe_count(h->observe, stats_of(h->stats->stats,
	    h->rule->series));
	pthread_mutex_unlock(&h->stats->lock);
}

bool
host_observe_init(struct host *h)
{
	struct throttle_limits limits;

	if (!observes(h->rule))
		return true;
	limits = tried(h->rule);
	h->observe = observe_new(&limits);
	return h->observe != NULL;
}

void
host_observe_drop(struct host *h)
{
	if (h->observe == NULL)
		return;
	observe_clear(h->observe);
	count(h);
	observe_free(h->observe);
	h->observe = NULL;
}

bool
host_observe_is_idle(struct host *h, uint64_t now)
{
	bool idle;

	if (h->observe == NULL)
		return true;
	idle = observe_is_idle(h->observe, now);
	count(h);
	return idle;
}

/* Tickets */

void
host_observe_ask(struct host *h, struct ticket *t, const struct claim *c,
    uint64_t now)
{
	struct throttle_request request = c->request;
	uint64_t wait = max_wait(h->rule);
	struct memory *memory = t->loop->memory;

	request.deadline = now + (c->max_wait < wait ? c->max_wait : wait);
	request.returned = c->observed_turn;
	host_observe_unsay(t);
	observe_ask(h->observe, &t->observed, &request,
	    memory != NULL ? &memory->nobody : NULL, now);
	count(h);
}

void
host_observe_sent(struct host *h, struct ticket *t, uint64_t now)
{
	if (t->observed == NULL)
		return;
	observe_sent(h->observe, t->observed, now);
	count(h);
}

void
host_observe_returned(struct host *h, struct ticket *t, uint64_t now)
{
	if (t->observed == NULL)
		return;
	observe_returned(h->observe, t->observed, now);
	count(h);
}

void
host_observe_learn(struct host *h, struct ticket *t, const struct lesson *l,
    uint64_t longest, uint64_t now)
{
	if (t->observed == NULL)
		return;
	observe_learn(h->observe, t->observed, l, longest, now);
	count(h);
}

void
host_observe_release_slot(struct host *h, struct ticket *t, uint64_t now)
{
	if (t->observed == NULL)
		return;
	observe_release_slot(h->observe, t->observed, now);
	count(h);
}

void
host_observe_end(struct host *h, struct ticket *t, enum observe_end end,
    uint64_t now)
{
	if (t->observed == NULL)
		return;
	host_observe_say(h, t, now);
	observe_used(t->observed, t->used);
	t->observed_turn = observe_end(h->observe, &t->observed, end, now);
	count(h);
}

/* Words */

static void
say_refusal(const struct host *h, const struct observed_view *v,
    char text[HOSTS_OBSERVED])
{
	const struct hosts_short s = {
		.host = h,
		.whole = whole(h->rule),
		.report = &v->report,
	};
	char budget[HOSTS_BUDGET];

	hosts_say_short(budget, &s);
	snprintf(text, HOSTS_OBSERVED, "would have been refused%s: %s",
	    v->full ? ", the queue being full" : "", budget);
}

static void
say_wait(const struct observed_view *v, char text[HOSTS_OBSERVED])
{
	char wait[WORDS];

	snprintf(text, HOSTS_OBSERVED, "would have waited %s%s",
	    words_duration(wait, v->wait), v->decided ? "" : " or more");
}

void
host_observe_say(struct host *h, struct ticket *t, uint64_t now)
{
	struct observed_view v;
	char text[HOSTS_OBSERVED] = "";

	if (t->observed == NULL)
		return;
	observe_place(h->observe, t->observed, now, &v);
	if (v.decision == STATS_WOULD_REFUSE)
		say_refusal(h, &v, text);
	else if (v.decision == STATS_WOULD_WAIT)
		say_wait(&v, text);
	host_observe_unsay(t);
	if (text[0] != '\0')
		t->observed_as = strdup(text);
	count(h);
}

void
host_observe_unsay(struct ticket *t)
{
	free(t->observed_as);
	t->observed_as = NULL;
}

void
host_observe_open(struct host *h, uint64_t now)
{
	if (h->observe == NULL)
		return;
	observe_run(h->observe, now);
	throttle_open(observe_throttle(h->observe), now);
	count(h);
}

void
host_observe_renew(struct host *h, uint64_t now)
{
	if (h->observe == NULL)
		return;
	observe_run(h->observe, now);
	throttle_renew(observe_throttle(h->observe), now);
	count(h);
}

bool
host_observe_view(struct host *h, uint64_t now, struct observe_view *view)
{
	if (h->observe == NULL)
		return false;
	observe_view(h->observe, now, view);
	count(h);
	return true;
}

struct throttle *
host_observe_shadow(struct host *h, uint64_t now)
{
	if (h->rule->mode != RULE_OBSERVE || h->observe == NULL)
		return NULL;
	observe_run(h->observe, now);
	count(h);
	return observe_throttle(h->observe);
}

/* Reloads */

struct throttle *
host_observe_heard(struct host *h)
{
	if (h->rule->mode == RULE_OBSERVE && h->observe != NULL)
		return observe_throttle(h->observe);
	return h->throttle;
}

struct observe *
host_observe_make(struct host *h, const struct rule *rule,
    const unsigned *moved, uint64_t now)
{
	struct throttle_limits limits;
	struct observe *o;

	if (!observes(rule))
		return NULL;
	if (h->observe != NULL)
		return h->observe;
	limits = tried(rule);
	if ((o = observe_new(&limits)) != NULL)
		throttle_inherit(observe_throttle(o), h->throttle, moved,
		    now);
	return o;
}

void
host_observe_replace(struct host *h, const struct rule *rule,
    struct observe *o, const unsigned *moved, uint64_t now)
{
	bool held = h->rule->mode == RULE_ENFORCE;
	uint64_t manual = h->pause.manual;
	struct throttle_limits limits;

	if (!held && rule->mode == RULE_ENFORCE && h->observe != NULL) {
		observe_run(h->observe, now);
		throttle_inherit(h->throttle, observe_throttle(h->observe),
		    moved, now);
	} else if (held && rule->mode == RULE_OBSERVE) {
		host_pause_end(h, now);
		/* an operator's is none of what is only observed */
		h->pause.manual = manual;
	}
	if (h->observe != NULL && o == h->observe) {
		limits = tried(rule);
		if (observe_limit(o, &limits, moved, now)) {
			count(h);
			return;
		}
		o = NULL;
	}
	host_observe_drop(h);
	h->observe = o;
}

void
host_observe_inherit(struct host *to, struct host *from,
    const unsigned *moved, uint64_t now)
{
	struct throttle *heard = host_observe_heard(from);

	if (from->observe != NULL)
		observe_run(from->observe, now);
	if (to->rule->mode == RULE_ENFORCE)
		throttle_inherit(to->throttle, heard, moved, now);
	if (to->observe == NULL)
		return;
	throttle_inherit(observe_throttle(to->observe), from->observe != NULL ?
	    observe_throttle(from->observe) : heard, moved, now);
}

void
host_observe_move(struct host *from, struct host *to, struct ticket *t,
    const unsigned *moved, uint64_t now)
{
	if (t->observed == NULL)
		return;
	observe_move(from->observe, to->observe, &t->observed, moved, now);
	count(from);
	if (to->observe != NULL)
		count(to);
}
