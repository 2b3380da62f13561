/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_away.h"

#include <stdlib.h>
#include <string.h>

#include "hosts/host_away.h"
#include "hosts/hosts_table.h"
#include "hosts/state_line.h"

/* The table is locked for writing, so nobody is in any host meanwhile. */

/* Returns false without memory. */
static bool
introduce(struct host *h)
{
	struct ticket *t;

	TAILQ_FOREACH(t, &h->tickets, entry) {
		if (t->state == TICKET_WAITING ? !host_away_ask(h, t) :
		    !host_away_hold(h, t))
			return false;
	}
	return true;
}

static void
forget(struct hosts *hs)
{
	struct ticket *t;
	struct host *h;

	TAILQ_FOREACH(h, &hs->order, entry) {
		TAILQ_FOREACH(t, &h->tickets, entry)
			host_away_forget(h, t);
		h->away = NULL;
	}
	text_free(&hs->away->out);
	pthread_mutex_destroy(&hs->away->lock);
	free(hs->away);
	hs->away = NULL;
}

static bool
begin(struct hosts *hs, void (*ring)(void *), void *arg)
{
	struct host *h;
	bool ok = true;

	if ((hs->away = calloc(1, sizeof *hs->away)) == NULL)
		return false;
	pthread_mutex_init(&hs->away->lock, NULL);
	hs->away->ring = ring;
	hs->away->arg = arg;
	TAILQ_FOREACH(h, &hs->order, entry) {
		h->away = hs->away;
		ok = ok && introduce(h);
	}
	if (!ok || hs->away->out.failed)
		forget(hs);
	return hs->away != NULL;
}

bool
hosts_away_begin(struct hosts *hs, void (*ring)(void *), void *arg)
{
	bool ok;

	pthread_rwlock_wrlock(&hs->lock);
	ok = begin(hs, ring, arg);
	pthread_rwlock_unlock(&hs->lock);
	return ok;
}

void
hosts_away_end(struct hosts *hs)
{
	pthread_rwlock_wrlock(&hs->lock);
	if (hs->away != NULL)
		forget(hs);
	pthread_rwlock_unlock(&hs->lock);
}

void
hosts_away_take(struct hosts *hs, struct text *to)
{
	struct host_away *a = hs->away;

	pthread_mutex_lock(&a->lock);
	text_put(to, a->out.p, a->out.len);
	to->failed |= a->out.failed;
	text_reset(&a->out);
	pthread_mutex_unlock(&a->lock);
}

/* What is said of a ticket. */

struct answer {
	bool		 goes;
	uint64_t	 number;
	enum hosts_answer why;
};

static bool
read_answer(struct answer *a, char *line)
{
	struct state_word w;

	*a = (struct answer){ .why = HOSTS_LATE };
	if (!state_line_next(&line, &w))
		return false;
	a->goes = strcmp(w.name, "go") == 0;
	if (!a->goes && strcmp(w.name, "no") != 0)
		return false;
	while (state_line_next(&line, &w)) {
		if (w.value != NULL && strcmp(w.name, "number") == 0)
			a->number = state_number(w.value);
		else if (w.value != NULL && strcmp(w.name, "why") == 0 &&
		    state_number(w.value) < HOSTS_RELOADED)
			a->why = (enum hosts_answer)state_number(w.value);
	}
	return true;
}

/* It may have given up meanwhile, and the other one hears of that. */
static void
take_answer(struct hosts *hs, const struct answer *a, uint64_t now)
{
	struct away_ticket *known;
	struct ticket *t;
	struct host *h;

	HASH_FIND(hh, hs->away->tickets, &a->number, sizeof a->number, known);
	if (known == NULL || known->ticket->state != TICKET_WAITING)
		return;
	t = known->ticket;
	h = t->host;
	if (a->goes)
		host_admit_away(h, t, now);
	else
		host_refuse_away(h, t, a->why, now);
}

bool
hosts_away_line(struct hosts *hs, char *line, uint64_t now)
{
	struct answer a;

	if (!read_answer(&a, line))
		return false;
	pthread_rwlock_wrlock(&hs->lock);
	take_answer(hs, &a, now);
	pthread_rwlock_unlock(&hs->lock);
	return true;
}

void
hosts_away_lost(struct hosts *hs, uint64_t now)
{
	struct ticket *t, *next;
	struct host *h;

	pthread_rwlock_wrlock(&hs->lock);
	hs->away->lost = true;
	TAILQ_FOREACH(h, &hs->order, entry)
		TAILQ_FOREACH_SAFE(t, &h->tickets, entry, next)
			if (t->state == TICKET_WAITING)
				host_refuse_away(h, t, HOSTS_LOST, now);
	pthread_rwlock_unlock(&hs->lock);
}
