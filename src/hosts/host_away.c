/* SPDX-License-Identifier: ISC */
#include "hosts/host_away.h"

#include <stdlib.h>

#include "hosts/state_lesson.h"
#include "hosts/state_line.h"
#include "hosts/state_parts.h"
#include "hosts/ticket_say.h"

/* A line is put whole, and whoever sends it is rung for the first one. */

static struct text *
begin_line(struct host_away *a, const char *word, bool *first)
{
	pthread_mutex_lock(&a->lock);
	*first = a->out.len == 0;
	text_puts(&a->out, word);
	return &a->out;
}

static void
end_line(struct host_away *a, bool first)
{
	text_put(&a->out, "\n", 1);
	pthread_mutex_unlock(&a->lock);
	if (first)
		a->ring(a->arg);
}

bool
host_away_is_lost(const struct host *h)
{
	return h->away->lost;
}

/* What is claimed */

static void
put_part(struct text *out, const struct host *h, unsigned part)
{
	if (part < h->rule->npaths)
		state_put_text(out, "part", h->rule->paths[part].text);
}

static void
put_wants(struct text *out, const struct throttle_wants *wants)
{
	unsigned i;

	for (i = 0; wants != NULL && i < wants->n; i++) {
		state_put_text(out, "want", wants->amounts[i].name);
		state_put_number(out, "amount", wants->amounts[i].amount);
	}
}

/* Whose it is, and which, for people. */
static void
put_said(struct text *out, const struct host *h, const struct ticket *t)
{
	struct ticket_said said;

	ticket_say(&said, h, t);
	state_put_text(out, "who", said.client);
	state_put_text(out, "method", said.method);
	state_put_text(out, "path", said.path);
}

static void
put_claim(struct text *out, struct host *h, const struct ticket *t)
{
	const struct throttle_waiter *w = &t->waiter;
	const uint64_t whose[] = { t->credential.a, t->credential.b };
	unsigned i;

	state_put_text(out, "host", t->name->name);
	state_put_number(out, "kind", t->name->kind);
	state_put_number(out, "port", t->name->port);
	state_put_numbers(out, "whose", whose, 2);
	state_put_number(out, "client", w->fair.client);
	state_put_number(out, "owner", w->fair.owner);
	state_put_number(out, "cost", w->fair.cost);
	state_put_number(out, "weight", w->fair.weight);
	state_put_number(out, "urgency", w->fair.urgency);
	state_put_number(out, "returned", w->fair.returned);
	state_put_number(out, "arrived", w->fair.arrived);
	state_put_number(out, "since", w->since);
	state_put_number(out, "deadline", throttle_deadline(h->throttle, w));
	state_put_number(out, "again", w->again);
	state_put_number(out, "latest", w->latest);
	put_part(out, h, w->part);
	for (i = 0; i < w->also.n; i++)
		put_part(out, h, w->also.parts[i]);
	put_wants(out, w->fair.wants);
	state_put_route(out, &t->route);
	put_said(out, h, t);
}

static void
put_held(struct text *out, const struct throttle_waiter *w)
{
	state_put_number(out, "slotless", w->slotless);
	state_put_number(out, "settled", w->settled);
	state_put_number(out, "counted", w->counted);
	state_put_number(out, "sent", w->sent);
}

/* Makes it known. */
static bool
know(struct host_away *a, struct ticket *t)
{
	struct away_ticket *known = calloc(1, sizeof *known);

	if (known == NULL)
		return false;
	known->ticket = t;
	known->number = a->last + 1;
	HASH_ADD(hh, a->tickets, number, sizeof known->number, known);
	if (known->hh.tbl == NULL) {
		free(known);
		return false;
	}
	a->last++;
	t->away = known;
	return true;
}

static bool
introduce(struct host *h, struct ticket *t, bool held)
{
	struct host_away *a = h->away;
	bool first;

	pthread_mutex_lock(&a->lock);
	if (!know(a, t)) {
		pthread_mutex_unlock(&a->lock);
		return false;
	}
	first = a->out.len == 0;
	text_puts(&a->out, held ? "hold" : "ask");
	state_put_number(&a->out, "number", t->away->number);
	put_claim(&a->out, h, t);
	if (held)
		put_held(&a->out, &t->waiter);
	end_line(a, first);
	return true;
}

bool
host_away_ask(struct host *h, struct ticket *t)
{
	return introduce(h, t, false);
}

bool
host_away_hold(struct host *h, struct ticket *t)
{
	return introduce(h, t, true);
}

/* What becomes of it */

static struct text *
begin_of(struct host *h, const struct ticket *t, const char *word, bool *first)
{
	struct text *out = begin_line(h->away, word, first);

	state_put_number(out, "number", t->away->number);
	return out;
}

void
host_away_tell(struct host *h, struct ticket *t, const char *word)
{
	bool first;

	if (h->away == NULL || t->away == NULL)
		return;
	(void)begin_of(h, t, word, &first);
	end_line(h->away, first);
}

void
host_away_settle(struct host *h, struct ticket *t, const uint64_t *actual)
{
	const struct throttle_wants *wants = t->waiter.fair.wants;
	struct text *out;
	unsigned i;
	bool first;

	if (h->away == NULL || t->away == NULL || wants == NULL)
		return;
	out = begin_of(h, t, "settle", &first);
	for (i = 0; i < wants->n; i++) {
		state_put_text(out, "want", wants->amounts[i].name);
		state_put_number(out, "amount", actual[i]);
	}
	end_line(h->away, first);
}

void
host_away_lesson(struct host *h, struct ticket *t, const struct lesson *l)
{
	bool first;

	if (h->away == NULL || t->away == NULL)
		return;
	state_put_lesson(begin_of(h, t, "lesson", &first), l, &t->route);
	end_line(h->away, first);
}

void
host_away_connected(struct host *h, struct ticket *t, uint64_t took)
{
	bool first;

	if (h->away == NULL || t->away == NULL)
		return;
	state_put_number(begin_of(h, t, "connected", &first), "took", took);
	end_line(h->away, first);
}

void
host_away_told(struct host *h, struct ticket *t, const char *budget,
    uint64_t left, uint64_t at)
{
	struct text *out;
	bool first;

	if (h->away == NULL || t->away == NULL)
		return;
	out = begin_of(h, t, "told", &first);
	state_put_text(out, "want", budget);
	state_put_number(out, "amount", left);
	state_put_number(out, "since", at);
	end_line(h->away, first);
}

void
host_away_forget(struct host *h, struct ticket *t)
{
	if (h->away == NULL || t->away == NULL)
		return;
	pthread_mutex_lock(&h->away->lock);
	HASH_DEL(h->away->tickets, t->away);
	pthread_mutex_unlock(&h->away->lock);
	free(t->away);
	t->away = NULL;
}

void
host_away_leave(struct host *h, struct ticket *t, bool refund)
{
	struct text *out;
	bool first;

	if (h->away == NULL || t->away == NULL)
		return;
	out = begin_of(h, t, refund ? "back" : "left", &first);
	state_put_number(out, "unsent", t->unsent);
	state_put_number(out, "nowhere", t->nowhere);
	end_line(h->away, first);
	host_away_forget(h, t);
}
