/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_internal.h"

#include <string.h>
#include <time.h>

#include "hint/hint_read.h"
#include "base/words.h"
#include "base/log.h"

/*
 * What an answer says of its host's limits, for everybody.
 */

/* Of a field, in the log. */
#define SHOWN_MAX	64		/* bytes */

/* The request's path, out of the head that was sent. */
struct http1_str
exchange_path(const struct exchange *x)
{
	struct http1_str path = { NULL, 0 };
	const char *end;

	if (x->head.len <= x->method_len + 1)
		return path;
	path.p = x->head.p + x->method_len + 1;
	end = memchr(path.p, ' ', x->head.len - x->method_len - 1);
	path.len = end != NULL ? (size_t)(end - path.p) : 0;
	return path;
}

/* What the host says */

bool
exchange_pauses(const struct exchange *x, int status)
{
	return rule_pauses(x->ticket.rule, status) != NULL;
}

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
is_throttled(const struct exchange *x, const struct hint *hint, int status)
{
	const struct rule *rule = x->ticket.rule;
	const struct rule_status *s = rule_pauses(rule, status);

	if (s != NULL)
		return !s->off || has_word(hint, status);
	return rule->learn != RULE_LEARN_OFF && hint->throttled &&
	    status != 429 && status != 503;
}

/* How long to pause for a refusal that names no time, to begin with. */
static uint64_t
backoff_base(const struct exchange *x, int status)
{
	const struct rule *rule = x->ticket.rule;
	const struct rule_status *s = rule_pauses(rule, status);

	return s == NULL || s->off ? rule->pause_default : s->pause;
}

/*
 * A time that is named is believed; "now" as far as the host's budget believes
 * it, and not to a request that has come back once already.  Then the reset of
 * what is used up counts, where one is named.
 */
static void
take_named(const struct exchange *x, uint64_t named, uint64_t reset,
    int status, struct lesson *l)
{
	l->at_once = named < BUDGET_NOW;
	l->pause = l->at_once && reset > named ? reset : named;
	l->backoff = l->pause < BUDGET_NOW;
	l->again = x->resent > 0;
	l->base = backoff_base(x, status);
}

void
exchange_take_pause(const struct exchange *x, const struct hint *hint,
    int status, struct lesson *l)
{
	bool learns = x->ticket.rule->learn != RULE_LEARN_OFF;
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
		take_named(x, hint->delay, reset, status, l);
	else if (learns && pause > 0)
		take_named(x, pause, 0, status, l);
	else {
		l->backoff = true;
		l->base = backoff_base(x, status);
	}
}

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
	__extension__ typedef unsigned __int128 wide;

	return !l->shape || (wide)reset * (l->left + 1) >
	    (wide)l->reset * (left + 1);
}

/*
 * Of several budgets the one that allows the least for each time; but none
 * holds the next one up for longer than a pause may last.  Of the host, or of
 * the part that the answer names.
 */
static void
take_shape(const struct exchange *x, const struct hint *hint, bool partial,
    struct lesson *l)
{
	uint64_t max = x->ticket.rule->pause_max;
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
take_shapes(const struct exchange *x, const struct hint *hint, bool whole,
    struct lesson *l)
{
	take_shape(x, hint, l->partial && !l->named, l);
	if (l->shape || !l->named)
		return;
	take_shape(x, hint, true, l);
	l->shape_partial = l->shape && !whole;
}

/* Whether what is said of the part is said of all the host. */
static bool
is_whole(struct exchange *x, const struct hint *hint, const struct lesson *l)
{
	return hint->general && l->named && !hosts_names_other(
	    x->exchanges->hosts, &x->ticket, &l->part);
}

/* The part that the answer names, and what is shown for it. */
static void
take_part(const struct exchange *x, const struct hint *hint, struct lesson *l)
{
	struct http1_str name = hint->part;
	struct client_hash hash;
	size_t i;

	if (name.p == NULL || name.len == 0 || x->is_connect ||
	    x->ticket.rule->learn == RULE_LEARN_OFF ||
	    !client_hash(x->exchanges->hasher, "part", name.p, name.len, &hash))
		return;
	l->named = true;
	l->part = (struct throttle_key){ hash.a, hash.b };
	for (i = 0; i < name.len && i < sizeof l->name - 1; i++)
		l->name[i] = name.p[i] > ' ' && name.p[i] < 0x7f ?
		    name.p[i] : '?';
	l->method = (struct http1_str){ x->head.p, x->method_len };
	l->path = exchange_path(x);
}

/* What a pause rests on, for people; or NULL. */
static const char *
grounds(const struct exchange *x, const struct lesson *l, const char *source,
    uint64_t pause)
{
	if (l->at_once)
		return "its \"now\" has been believed once";
	if (!l->backoff)
		return source;
	return pause == x->ticket.rule->pause_default ?
	    "no time is named: pause.default" : "no time is named";
}

void
exchange_teach(struct exchange *x, const struct lesson *l, const char *source)
{
	uint64_t pause = hosts_learn(x->exchanges->hosts, &x->ticket, l,
	    loop_now());
	const char *why = grounds(x, l, source, pause);
	bool of = l->partial && l->named;
	bool cut = !l->backoff && pause < l->pause;
	char buf[WORDS], label[HOSTS_LABEL];

	if (pause > 0)
		log_info("%s: %s%s%spaused for %s after its answer %d%s%s%s%s",
		    hosts_label(label, &x->ticket), of ? "its part " : "",
		    of ? l->name : "",
		    of ? " is " : "", words_duration(buf, pause), x->status,
		    why != NULL ? " (" : "", why != NULL ? why : "",
		    why != NULL && cut ? ", cut to pause.max" : "",
		    why != NULL ? ")" : "");
}

static int
shortened(struct http1_str s)
{
	return s.len < SHOWN_MAX ? (int)s.len : SHOWN_MAX;
}

/* Somebody thinks that it holds: say that it does not, once a host. */
static void
log_unusable(struct exchange *x, const struct http1_field *f)
{
	char label[HOSTS_LABEL];

	if (f == NULL || !hosts_is_news(x->exchanges->hosts, &x->ticket,
	    HOSTS_NEWS_UNUSABLE))
		return;
	log_info("%s: ignored, being no time or more than a year away: "
	    "%.*s: %.*s%s", hosts_label(label, &x->ticket),
	    shortened(f->name), f->name.p, shortened(f->value), f->value.p,
	    f->value.len > SHOWN_MAX ? "..." : "");
}

void
exchange_learn(struct exchange *x, const struct http1_head *h)
{
	const struct rule *rule = x->ticket.rule;
	/* a host in trouble of its own says nothing of its limits */
	struct lesson l = { .verdict = h->status >= 500 ? BUDGET_NEUTRAL :
	    BUDGET_SUCCESS };
	struct hint hint = { 0 };
	bool whole;

	x->throttled = false;
	x->no_retry = false;
	if (rule->learn != RULE_LEARN_OFF || rule->nbodies > 0 ||
	    exchange_pauses(x, h->status)) {
		hint_read(h, (int64_t)time(NULL), &hint);
		x->throttled = is_throttled(x, &hint, h->status);
		if (x->throttled)
			l.verdict = BUDGET_THROTTLED;
		exchange_take_pause(x, &hint, h->status, &l);
		take_part(x, &hint, &l);
		whole = is_whole(x, &hint, &l);
		l.partial = l.partial && !whole;
		if (rule->learn == RULE_LEARN_SHAPE &&
		    !(x->throttled && hint.retry_after))
			take_shapes(x, &hint, whole, &l);
		log_unusable(x, hint.unusable);
		x->no_retry = hint.no_retry;
	}
	/* who says for how long has said enough */
	if ((x->throttled && !l.backoff) || !exchange_judge(x, h, &hint, &l))
		exchange_teach(x, &l, hint.source);
}

void
exchange_learn_success(struct exchange *x)
{
	static const struct lesson success = { .verdict = BUDGET_SUCCESS };

	hosts_learn(x->exchanges->hosts, &x->ticket, &success, loop_now());
}
