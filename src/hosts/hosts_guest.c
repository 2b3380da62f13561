/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "hosts/hosts.h"
#include "hosts/hosts_learn.h"
#include "hosts/state_lesson.h"
#include "hosts/state_line.h"
#include "hosts/state_parts.h"
#include "hosts/ticket_say.h"
#include "net/loop.h"

#define PARTS	(1 + THROTTLE_ALSO)

struct guest {
	UT_hash_handle		 hh;
	uint64_t		 number;	/* in the process before */
	struct hosts_guests	*all;
	struct ticket		 ticket;
	struct http1_host	 name;
	struct ticket_said	 said;
	struct throttle_deposit	 deposit;
	uint64_t		 used[THROTTLE_METERS];
	struct throttle_wants	 wants;		/* last: with its amounts */
};

struct hosts_guests {
	struct hosts		*hosts;
	struct loop		*loop;
	struct guest		*list;		/* by number */
	struct text		 out;
	void			(*ring)(void *);
	void			*arg;
};

/* What a line says: numbers, texts, and lists of both. */

enum {
	NUMBER, KIND, PORT, CLIENT, OWNER, COST, WEIGHT, URGENCY, RETURNED,
	DEADLINE, AGAIN, LATEST, SLOTLESS, SETTLED, COUNTED, SENT, UNSENT,
	NOWHERE, TOOK, SINCE, ARRIVED,
	NUMBERS
};

static const char *const names[NUMBERS] = {
	[NUMBER] = "number", [KIND] = "kind", [PORT] = "port",
	[CLIENT] = "client", [OWNER] = "owner", [COST] = "cost",
	[WEIGHT] = "weight", [URGENCY] = "urgency", [RETURNED] = "returned",
	[DEADLINE] = "deadline", [AGAIN] = "again", [LATEST] = "latest",
	[SLOTLESS] = "slotless", [SETTLED] = "settled",
	[COUNTED] = "counted", [SENT] = "sent", [UNSENT] = "unsent",
	[NOWHERE] = "nowhere", [TOOK] = "took", [SINCE] = "since",
	[ARRIVED] = "arrived",
};

struct said {
	uint64_t		 n[NUMBERS];
	const char		*host;
	const char		*who;		/* these three: or NULL */
	const char		*method;
	const char		*path;
	struct client_hash	 whose;
	const char		*parts[PARTS];
	unsigned		 nparts;
	const char		*wants[THROTTLE_METERS];
	uint64_t		 amounts[THROTTLE_METERS];
	unsigned		 nwants;
	struct route		 route;
	struct state_lesson	 lesson;	/* of a line of that word */
	bool			 wrong;
};

static void
read_number(struct said *s, const struct state_word *w)
{
	unsigned i;

	for (i = 0; i < NUMBERS; i++)
		if (strcmp(w->name, names[i]) == 0)
			s->n[i] = state_number(w->value);
}

static void
read_whose(struct said *s, const char *value)
{
	uint64_t list[2];

	if (state_numbers(value, list, 2) == 2)
		s->whose = (struct client_hash){ list[0], list[1] };
}

static void
read_word(struct said *s, const struct state_word *w)
{
	if (strcmp(w->name, "host") == 0)
		s->host = w->value;
	else if (strcmp(w->name, "who") == 0)
		s->who = w->value;
	else if (strcmp(w->name, "method") == 0)
		s->method = w->value;
	else if (strcmp(w->name, "path") == 0)
		s->path = w->value;
	else if (strcmp(w->name, "whose") == 0)
		read_whose(s, w->value);
	else if (strcmp(w->name, "part") == 0 && s->nparts < PARTS)
		s->parts[s->nparts++] = w->value;
	else if (strcmp(w->name, "want") == 0 && s->nwants < THROTTLE_METERS)
		s->wants[s->nwants++] = w->value;
	else if (strcmp(w->name, "amount") == 0 && s->nwants > 0)
		s->amounts[s->nwants - 1] = state_number(w->value);
	else if (!state_route_word(&s->route, w))
		read_number(s, w);
}

/* What a lesson says has words of its own. */
static void
read_words(struct said *s, char *line, bool lesson)
{
	struct state_word w;

	memset(s, 0, sizeof *s);
	while (state_line_next(&line, &w)) {
		if (w.value == NULL)
			continue;
		if (!lesson || strcmp(w.name, names[NUMBER]) == 0)
			read_word(s, &w);
		else if (!state_lesson_word(&s->lesson, &w))
			s->wrong = true;
	}
}

/* Telling */

static void
tell(struct guest *guest, bool goes, enum hosts_answer why)
{
	struct hosts_guests *g = guest->all;
	bool first = g->out.len == 0;

	text_puts(&g->out, goes ? "go" : "no");
	state_put_number(&g->out, "number", guest->number);
	if (!goes)
		state_put_number(&g->out, "why", why);
	text_put(&g->out, "\n", 1);
	if (first)
		g->ring(g->arg);
}

void
hosts_guests_take(struct hosts_guests *g, struct text *to)
{
	text_put(to, g->out.p, g->out.len);
	to->failed |= g->out.failed;
	text_reset(&g->out);
}

/* Coming and going */

static void
drop(struct guest *guest)
{
	unsigned i;

	HASH_DEL(guest->all->list, guest);
	for (i = 0; i < guest->wants.n; i++)
		free((char *)(uintptr_t)guest->wants.amounts[i].name);
	free(guest);
}

static void
leave(struct guest *guest)
{
	hosts_leave(guest->all->hosts, &guest->ticket, loop_now());
	drop(guest);
}

static void
refused(struct guest *guest, enum hosts_answer why)
{
	tell(guest, false, why);
	leave(guest);
}

static void
deliver_cb(struct mail *m)
{
	struct guest *guest = (struct guest *)(void *)((char *)m -
	    offsetof(struct guest, ticket.mail));

	if (guest->ticket.state == TICKET_HELD)
		tell(guest, true, HOSTS_GO);
	else
		refused(guest, guest->ticket.refusal);
}

/* False without memory. */
static bool
copy_wants(struct guest *guest, const struct said *s)
{
	struct throttle_amount *a;
	unsigned i;

	for (i = 0; i < s->nwants; i++) {
		a = &guest->wants.amounts[i];
		if ((a->name = strdup(s->wants[i])) == NULL)
			return false;
		a->amount = s->amounts[i];
		guest->wants.n++;
	}
	return true;
}

/* Older releases say nothing of it. */
static void
copy_said(struct ticket_said *to, const struct said *s)
{
	snprintf(to->client, sizeof to->client, "%s",
	    s->who != NULL && s->who[0] != '\0' ? s->who :
	    "the process before");
	snprintf(to->method, sizeof to->method, "%s",
	    s->method != NULL ? s->method : "");
	snprintf(to->path, sizeof to->path, "%s",
	    s->path != NULL ? s->path : "");
}

static struct guest *
new_guest(struct hosts_guests *g, const struct said *s)
{
	struct guest *guest = calloc(1, sizeof *guest +
	    s->nwants * sizeof guest->wants.amounts[0]);

	if (guest == NULL)
		return NULL;
	guest->all = g;
	guest->number = s->n[NUMBER];
	HASH_ADD(hh, g->list, number, sizeof guest->number, guest);
	if (guest->hh.tbl == NULL) {
		free(guest);
		return NULL;
	}
	snprintf(guest->name.name, sizeof guest->name.name, "%s", s->host);
	guest->name.kind = (enum http1_host_kind)s->n[KIND];
	guest->name.port = (uint16_t)s->n[PORT];
	guest->ticket.loop = g->loop;
	guest->ticket.name = &guest->name;
	guest->ticket.mail.deliver = deliver_cb;
	guest->ticket.route = s->route;
	guest->ticket.guest = true;
	guest->ticket.said = &guest->said;
	copy_said(&guest->said, s);
	if (copy_wants(guest, s))
		return guest;
	drop(guest);
	return NULL;
}

/* By the rule that it is under here. */
static void
find_parts(const struct rule *rule, const struct said *s,
    struct throttle_request *q)
{
	unsigned i, part;

	q->part = THROTTLE_WHOLE;
	q->also.n = 0;
	for (i = 0; i < s->nparts; i++) {
		for (part = 0; part < rule->npaths; part++)
			if (strcmp(rule->paths[part].text, s->parts[i]) == 0)
				break;
		if (part == rule->npaths)
			continue;
		if (q->part == THROTTLE_WHOLE)
			q->part = part;
		else
			q->also.parts[q->also.n++] = (uint8_t)part;
	}
}

/*
 * A rule that does not tell credentials apart here has one throttle for all.
 */
static void
claim(struct guest *guest, const struct said *s, struct claim *c,
    uint64_t now)
{
	const struct rule *rule = guest->ticket.rule;

	*c = (struct claim){
		.request = {
			.client = s->n[CLIENT],
			.owner = s->n[OWNER],
			.cost = s->n[COST],
			.deadline = s->n[DEADLINE],
			.again = s->n[AGAIN],
			.latest = s->n[LATEST],
			.weight = (uint32_t)s->n[WEIGHT],
			.urgency = (uint8_t)s->n[URGENCY],
			.returned = s->n[RETURNED] != 0,
			.arrived = s->n[ARRIVED] < now ? s->n[ARRIVED] : 0,
			.since = s->n[SINCE] < now ? s->n[SINCE] : 0,
			.wants = guest->wants.n > 0 ? &guest->wants : NULL,
			.deposit = &guest->deposit,
		},
		.max_wait = THROTTLE_NEVER,
	};
	if (rule->per.kind != RULE_KEY_NONE)
		c->credential = s->whose;
	find_parts(rule, s, &c->request);
	if (c->request.part != THROTTLE_WHOLE)
		c->request.deposit = NULL;
}

static bool
is_sound(const struct said *s)
{
	return s->host != NULL && strlen(s->host) <= HTTP1_HOST &&
	    s->n[WEIGHT] > 0 && s->n[WEIGHT] <= UINT32_MAX &&
	    s->n[URGENCY] < FAIR_URGENCIES && s->n[KIND] <= HTTP1_IPV6 &&
	    s->n[PORT] <= UINT16_MAX;
}

static bool
take_ask(struct hosts_guests *g, const struct said *s, uint64_t now)
{
	static const struct http1_head none;
	/* its route is known, or is not asked about */
	const struct claim_source source = { .head = &none,
		.tunnel = s->route.n == 0 };
	enum hosts_answer answer = HOSTS_RELOADED;
	struct guest *guest;
	struct claim c;

	if (!is_sound(s) || (guest = new_guest(g, s)) == NULL)
		return false;
	hosts_conf(g->hosts, &guest->ticket);
	while (answer == HOSTS_RELOADED) {
		claim(guest, s, &c, now);
		answer = hosts_ask(g->hosts, &guest->ticket, &c, &source, now);
	}
	if (answer == HOSTS_GO)
		tell(guest, true, answer);
	else if (answer != HOSTS_WAIT)
		refused(guest, answer);
	return true;
}

static bool
take_hold(struct hosts_guests *g, const struct said *s, uint64_t now)
{
	struct guest *guest;
	struct ticket *t;
	struct claim c;

	if (!is_sound(s) || (guest = new_guest(g, s)) == NULL)
		return false;
	t = &guest->ticket;
	hosts_conf(g->hosts, t);
	claim(guest, s, &c, now);
	t->credential = c.credential;
	t->waiter.slotless = s->n[SLOTLESS] != 0;
	t->waiter.settled = s->n[SETTLED] != 0;
	t->waiter.counted = s->n[COUNTED] != 0;
	if (!hosts_hold(g->hosts, t, &c.request, now)) {
		leave(guest);
		return false;
	}
	if (s->n[SENT] != 0)
		hosts_sent(g->hosts, t, now);
	return true;
}

/* Of one that is here */

/* What an answer there has taught. */
static bool
learn(struct guest *guest, const struct said *s, uint64_t now)
{
	struct lesson l = s->lesson.lesson;

	if (s->wrong || !s->lesson.whole)
		return false;
	if (s->lesson.route.n > 0)
		guest->ticket.route = s->lesson.route;
	l.named &= guest->ticket.route.n > 0;
	(void)hosts_learn(guest->all->hosts, &guest->ticket, &l, now);
	return true;
}

/* When it leaves; in the order in which they were wanted. */
static void
settle(struct guest *guest, const struct said *s)
{
	unsigned i;

	if (s->nwants == 0 || s->nwants != guest->wants.n)
		return;
	for (i = 0; i < s->nwants; i++)
		guest->used[i] = s->amounts[i];
	guest->ticket.used = guest->used;
}

static void
again(struct guest *guest, uint64_t now)
{
	enum hosts_answer answer;

	answer = hosts_return(guest->all->hosts, &guest->ticket, now);
	if (answer != HOSTS_WAIT)
		refused(guest, answer);
}

static void
go_away(struct guest *guest, const struct said *s, bool refund, uint64_t now)
{
	guest->ticket.unsent = s->n[UNSENT] != 0;
	guest->ticket.nowhere = s->n[NOWHERE] != 0;
	if (refund)
		hosts_refund(guest->all->hosts, &guest->ticket, NULL, now);
	leave(guest);
}

/* Returns false where there is no such word. */
static bool
take_word(struct guest *guest, const char *word, const struct said *s,
    uint64_t now)
{
	struct hosts *hs = guest->all->hosts;
	bool held = guest->ticket.state == TICKET_HELD;

	if (strcmp(word, "left") == 0 || strcmp(word, "back") == 0)
		go_away(guest, s, held && word[0] == 'b', now);
	else if (!held)
		return true;	/* one that waits has nothing else to say */
	else if (strcmp(word, "lesson") == 0)
		return learn(guest, s, now);
	else if (strcmp(word, "sent") == 0)
		hosts_sent(hs, &guest->ticket, now);
	else if (strcmp(word, "slot") == 0)
		hosts_release_slot(hs, &guest->ticket, now);
	else if (strcmp(word, "connected") == 0)
		hosts_connected(hs, &guest->ticket, s->n[TOOK]);
	else if (strcmp(word, "told") == 0 && s->nwants == 1)
		hosts_meter_left(hs, &guest->ticket, s->wants[0],
		    s->amounts[0], s->n[SINCE], now);
	else if (strcmp(word, "settle") == 0)
		settle(guest, s);
	else if (strcmp(word, "again") == 0 && guest->ticket.waiter.settled)
		again(guest, now);
	else
		return false;
	return true;
}

bool
hosts_guests_line(struct hosts_guests *g, char *line, uint64_t now)
{
	struct state_word word;
	struct guest *guest;
	struct said s;

	if (!state_line_next(&line, &word))
		return false;
	read_words(&s, line, strcmp(word.name, "lesson") == 0);
	if (strcmp(word.name, "ask") == 0)
		return take_ask(g, &s, now);
	if (strcmp(word.name, "hold") == 0)
		return take_hold(g, &s, now);
	HASH_FIND(hh, g->list, &s.n[NUMBER], sizeof s.n[NUMBER], guest);
	/* who was refused here may not know it yet */
	return guest == NULL || take_word(guest, word.name, &s, now);
}

struct hosts_guests *
hosts_guests_new(struct hosts *hs, struct loop *l, void (*ring)(void *),
    void *arg)
{
	struct hosts_guests *g = calloc(1, sizeof *g);

	if (g == NULL)
		return NULL;
	*g = (struct hosts_guests){ .hosts = hs, .loop = l, .ring = ring,
	    .arg = arg };
	return g;
}

void
hosts_guests_free(struct hosts_guests *g)
{
	struct guest *guest, *next;

	if (g == NULL)
		return;
	HASH_ITER(hh, g->list, guest, next)
		leave(guest);
	text_free(&g->out);
	free(g);
}
