/* SPDX-License-Identifier: ISC */
#include "exchange/exchange_learn.h"

#include <string.h>
#include <time.h>

#include "base/client_hash.h"
#include "base/events.h"
#include "base/log.h"
#include "base/words.h"
#include "exchange/access_line.h"
#include "exchange/exchange_count.h"
#include "exchange/exchange_state.h"
#include "hint/hint_read.h"
#include "hint/hint_told.h"
#include "hosts/hosts_learn.h"
#include "hosts/hosts_name.h"
#include "hosts/hosts_say.h"

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

/* What an answer with that status is to a lesson. */
struct lesson_answer
exchange_lesson_answer(const struct exchange *x, int status)
{
	return (struct lesson_answer){
		.rule = x->ticket.rule,
		.status = status,
		.tunnel = x->is_connect,
		.hastened = x->hastened,
		.method = { x->head.p, x->method_len },
		.path = exchange_path(x),
	};
}

void
exchange_teach(struct exchange *x, const struct lesson *l, uint64_t now)
{
	uint64_t pause = hosts_learn(x->exchanges->hosts, &x->ticket, l, now);
	bool of = l->partial && l->named;
	char buf[WORDS], why[EVENTS_TEXT], label[HOSTS_LABEL];

	if (l->verdict == BUDGET_THROTTLED)
		exchange_count_throttled(x, x->status);
	x->hastened = x->hastened || l->at_once;
	if (pause > x->paused)
		x->paused = pause;
	if (pause > 0)
		log_info("%s: %s%s%spaused for %s %s",
		    hosts_label(label, &x->ticket), of ? "its part " : "",
		    of ? l->name : "", of ? " is " : "",
		    words_duration(buf, pause),
		    hosts_say_grounds(why, &x->ticket, l, pause));
	else if (x->ticket.unheld && hosts_is_news(x->exchanges->hosts,
	    &x->ticket, HOSTS_NEWS_PARTS))
		log_info("%s: its part %s refuses a request, which is told "
		    "so: no more parts can be held up",
		    hosts_label(label, &x->ticket), l->name);
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

/* The hash of the part that an answer names, or NULL. */
static const struct throttle_key *
hash_part(const struct exchange *x, const struct lesson_answer *answer,
    const struct hint *hint, struct throttle_key *part)
{
	struct client_hash hash;

	if (!lesson_names_part(answer, hint) || !client_hash(
	    x->exchanges->hasher, "part", hint->part.p, hint->part.len, &hash))
		return NULL;
	*part = (struct throttle_key){ hash.a, hash.b };
	return part;
}

void
exchange_tell_fields(const struct http1_head *h, char fields[EVENTS_TEXT])
{
	fields[0] = '\0';
	if (events_kept())
		hint_told(h, fields, EVENTS_TEXT);
}

void
exchange_tell_refusal(const struct exchange *x, const char *fields)
{
	const struct ticket *t = &x->ticket;
	char name[EVENTS_HOST], method[32];

	if (!events_kept())
		return;
	events_tell(EVENT_REFUSAL,
	    hosts_name_print(name, t->rule, t->name, &t->credential),
	    t->rule->name, fields, "%s was answered with %d",
	    access_method(x->head.p, x->method_len, method), x->status);
}

static void
tell_refusal_by_head(const struct exchange *x, const struct http1_head *h)
{
	char fields[EVENTS_TEXT];

	exchange_tell_fields(h, fields);
	exchange_tell_refusal(x, fields);
}

void
exchange_learn(struct exchange *x, const struct http1_head *h,
    struct hint *hint, struct lesson *l)
{
	struct lesson_answer answer = exchange_lesson_answer(x, h->status);
	struct throttle_key part;

	*hint = (struct hint){ 0 };
	if (lesson_reads(answer.rule, h->status))
		hint_read(h, answer.method, (int64_t)time(NULL), hint);
	answer.part = hash_part(x, &answer, hint, &part);
	lesson_of_head(l, &answer, hint);
	if (l->general && !hosts_names_other(x->exchanges->hosts, &x->ticket,
	    &l->part))
		lesson_widen(l);
	log_unusable(x, hint->unusable);
	x->throttled = l->verdict == BUDGET_THROTTLED;
	if (x->throttled)
		tell_refusal_by_head(x, h);
	x->no_retry = hint->no_retry;
}

void
exchange_learn_success(struct exchange *x)
{
	static const struct lesson success = { .verdict = BUDGET_SUCCESS };

	hosts_learn(x->exchanges->hosts, &x->ticket, &success, loop_now());
}
