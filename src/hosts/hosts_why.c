/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_why.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "hosts/hosts_say.h"
#include "policy/tokens.h"

/* Keeping */

static void
take(struct hosts_why *kept, struct host *h, struct throttle *t,
    const struct throttle_waiter *w, bool place, uint64_t now)
{
	*kept = (struct hosts_why){
		.conf = conf_ref(h->conf),
		.rule = h->rule,
		.part = w->part,
		.now = now,
		.has_place = place,
	};
	if (w->named != 0)
		snprintf(kept->named, sizeof kept->named, "%s",
		    throttle_named_text(t, w->named));
	throttle_why(t, w, now, &kept->why);
	if (place)
		throttle_place(t, w, now, &kept->place);
}

void
hosts_why_take(struct hosts_why *kept, struct host *h,
    const struct throttle_waiter *w, bool place, uint64_t now)
{
	const uint8_t *causes = h->pause.causes;

	take(kept, h, h->throttle, w, place, now);
	kept->causes[THROTTLE_OF_HOST] = causes[THROTTLE_WHOLE];
	kept->causes[THROTTLE_OF_PART] = causes[w->part];
	kept->causes[THROTTLE_OF_NAMED] =
	    causes[THROTTLE_NAMED_PART(w->named)];
}

/* Its pauses are all the host's: an operator's are none of what is observed. */
void
hosts_why_observe(struct hosts_why *kept, struct host *h, struct throttle *t,
    const struct throttle_waiter *w, uint64_t now)
{
	take(kept, h, t, w, true, now);
	kept->observed = true;
}

void
hosts_why_done(struct hosts_why *kept)
{
	conf_unref(kept->conf);
}

void
hosts_why_refused(struct host *h, struct ticket *t, bool late, uint64_t now)
{
	hosts_why_drop(t);
	if ((t->why = malloc(sizeof *t->why)) == NULL)
		return;
	hosts_why_take(t->why, h, &t->waiter, false, now);
	t->why->late = late;
}

void
hosts_why_drop(struct ticket *t)
{
	if (t->why == NULL)
		return;
	hosts_why_done(t->why);
	free(t->why);
	t->why = NULL;
}

/* Wording */

/* "lets it go in 2.1 s": what one limit has to say. */
static void
say_reason(struct hosts_reason *to, const struct throttle_reason *r,
    uint64_t now)
{
	const char *says = "lets it go now";
	char buf[WORDS];

	if (r->at == THROTTLE_NEVER) {
		if (r->what == BUDGET_SHORT_CONCURRENCY)
			says = "all are in use";
		else if (r->what == BUDGET_SHORT_LEASE)
			says = "it has none to give for now";
		else
			says = "an answer has to come first";
		snprintf(to->says, sizeof to->says, "%s", says);
	} else if (r->at > now)
		snprintf(to->says, sizeof to->says, "lets it go in %s",
		    words_duration(buf, r->at - now));
	else
		snprintf(to->says, sizeof to->says, "%s", says);
}

/* The name of a named budget; NULL where the reason is of none. */
static const char *
meter_of(const struct rule *rule, const struct throttle_reason *r)
{
	const struct tokens *tokens = rule->tokens;

	if (tokens == NULL)
		return NULL;
	if (r->whose == THROTTLE_OF_METER && r->part < tokens->n)
		return tokens->meters[r->part].name;
	if (r->whose == THROTTLE_OF_TOTAL_METER && r->part < tokens->ntotals)
		return tokens->totals[r->part].name;
	return NULL;
}

static void
add_limit(struct hosts_explanation *e, const struct hosts_why *kept,
    const struct throttle_reason *r)
{
	struct hosts_reason *to = &e->reasons[e->n++];
	struct hosts_limit limit = {
		.what = r->what,
		.rate = r->limit,
		.concurrency = r->concurrency,
		.manual = (r->whose != THROTTLE_OF_PART ||
		    r->part == kept->part) &&
		    kept->causes[r->whose] == STATS_MANUAL,
	};

	if (r->whose == THROTTLE_OF_PART && r->part < kept->rule->npaths)
		limit.part = kept->rule->paths[r->part].text;
	else if (r->whose == THROTTLE_OF_NAMED)
		limit.named = kept->named;
	limit.total = r->whose == THROTTLE_OF_TOTAL ||
	    r->whose == THROTTLE_OF_TOTAL_METER;
	limit.meter = meter_of(kept->rule, r);
	hosts_say_limit(to->name, &limit);
	to->at = r->at;
	to->decides = r->decides;
	say_reason(to, r, kept->now);
}

/* When its turn comes, by what is known of that. */
static void
say_when(char *to, size_t size, const struct hosts_why *kept)
{
	const struct throttle_why *why = &kept->why;
	char buf[WORDS];

	if (why->turn_decides)
		snprintf(to, size, "others have to go first");
	else if (why->turn > kept->now)
		snprintf(to, size, "its turn comes in %s",
		    words_duration(buf, why->turn - kept->now));
	else if (!kept->has_place || kept->place.ahead == 0)
		snprintf(to, size, "it may be next");
	else
		snprintf(to, size, "its turn comes later");
}

static void
add_turn(struct hosts_explanation *e, const struct hosts_why *kept)
{
	struct hosts_reason *to = &e->reasons[e->n++];
	const struct throttle_why *why = &kept->why;
	char when[128], place[64] = "";

	snprintf(to->name, sizeof to->name, "turn");
	to->decides = why->turn_decides;
	to->at = why->turn_decides ? THROTTLE_NEVER : why->turn;
	if (kept->has_place && kept->place.ahead > 0)
		snprintf(place, sizeof place, ": %" PRIu32 " of the %" PRIu32
		    " that wait go%s before it", kept->place.ahead,
		    why->waiting, kept->place.ahead == 1 ? "es" : "");
	say_when(when, sizeof when, kept);
	snprintf(to->says, sizeof to->says, "%s%s", when, place);
}

/* What decides, in a clause: "30 per 1m of /search lets it go in 2.1 s". */
static void
say_decision(char *to, size_t size, const struct hosts_explanation *e)
{
	unsigned i;

	for (i = 0; i < e->n; i++)
		if (e->reasons[i].decides)
			break;
	if (e->why.goes)
		snprintf(to, size, "it would go at once");
	else if (i == e->n || e->why.turn_decides)
		snprintf(to, size, "others have to go first");
	else if (e->reasons[i].at == THROTTLE_NEVER)
		snprintf(to, size, "%s: %s", e->reasons[i].name,
		    e->reasons[i].says);
	else
		snprintf(to, size, "%s %s at the earliest",
		    e->reasons[i].name, e->reasons[i].says);
}

static void
say_all(struct hosts_explanation *e, const struct hosts_why *kept)
{
	char decision[150], queue[64] = "";
	const char *refused = "";

	if (kept->drained) {
		snprintf(e->says, sizeof e->says,
		    "refused, for the host is drained");
		return;
	}
	if (e->why.full)
		refused = "refused, for the queue is full; ";
	else if (kept->late)
		refused = "refused, for it would wait too long; ";
	say_decision(decision, sizeof decision, e);
	if (e->why.waiting > 0)
		snprintf(queue, sizeof queue, "; %" PRIu32 " of at most %"
		    PRIu32 " wait", e->why.waiting, kept->rule->queue_length);
	snprintf(e->says, sizeof e->says, "%s%s%s%s", kept->observed ?
	    "limits are only observed: " : "", refused, decision, queue);
}

/* Decisions */

const char *
hosts_decision_word(enum hosts_decision decision)
{
	static const char *const words[] = {
		[HOSTS_DECIDE_GO] = "go",
		[HOSTS_DECIDE_WAIT] = "wait",
		[HOSTS_DECIDE_REFUSE] = "refuse",
		[HOSTS_DECIDE_OBSERVE] = "observe",
	};

	return words[decision];
}

static enum hosts_decision
decision_of(const struct hosts_why *kept)
{
	if (kept->observed)
		return HOSTS_DECIDE_OBSERVE;
	if (kept->drained)
		return HOSTS_DECIDE_REFUSE;
	if (kept->why.goes)
		return HOSTS_DECIDE_GO;
	if (kept->why.full || kept->late)
		return HOSTS_DECIDE_REFUSE;
	return HOSTS_DECIDE_WAIT;
}

/* What is only observed holds nobody. */
static uint64_t
starts_at(const struct hosts_explanation *e, const struct hosts_why *kept)
{
	unsigned i;

	if (kept->observed)
		return kept->now;
	if (kept->drained)
		return THROTTLE_NEVER;
	for (i = 0; i < e->n; i++)
		if (e->reasons[i].decides && e->reasons[i].at ==
		    THROTTLE_NEVER)
			return THROTTLE_NEVER;
	return kept->why.start;
}

static void
decide(struct hosts_explanation *e, const struct hosts_why *kept)
{
	e->decision = decision_of(kept);
	e->starts = starts_at(e, kept);
	e->certain = kept->observed || (kept->has_place &&
	    kept->place.certain && !kept->drained);
}

void
hosts_why_say(const struct hosts_why *kept, struct hosts_explanation *e)
{
	unsigned i;

	e->key[0] = e->part[0] = '\0';
	e->why = kept->why;
	e->why.short_of = NULL;	/* it would point into what was kept */
	e->place = kept->place;
	e->has_place = kept->has_place;
	e->now = kept->now;
	e->n = 0;
	for (i = 0; i < kept->why.n; i++)
		add_limit(e, kept, &kept->why.reasons[i]);
	add_turn(e, kept);
	if (kept->named[0] != '\0')
		snprintf(e->part, sizeof e->part, "%s", kept->named);
	else if (kept->part < kept->rule->npaths)
		snprintf(e->part, sizeof e->part, "%s",
		    kept->rule->paths[kept->part].text);
	decide(e, kept);
	say_all(e, kept);
}
