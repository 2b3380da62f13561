/* SPDX-License-Identifier: ISC */

/*
 * Many proxies, many budgets, and one store that lends them out, or several that
 * have a part of them each: throttle/lease_grant.c and lease_hold.c, on a
 * clock that is a number, with a queue before each store and a time that each
 * call takes.  Deterministic, by a seed.  Arguments are NAME=NUMBER (see
 * names[]); lines on standard output are a name and a number, or with "series"
 * what was so each 100 ms.
 */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared_events.h"
#include "shared_figures.h"
#include "shared_world.h"

#define TIMEOUT		(200 * MS)
#define BEGIN		(1000 * SEC)	/* nothing is before 0 */

enum what {
	REQUEST,	/* of a member */
	TIMER,		/* of a member */
	ARRIVAL,	/* of a letter, at a store */
	SERVICE,	/* of a letter */
	ANSWER,		/* of a letter, at its member */
	TICK,
	FAILURE,
};

struct letter {
	struct lease_question	 question;
	struct lease_answer	 answer;
	uint32_t		 member;
	uint32_t		 next;		/* that is free, too */
	bool			 left;		/* its member waits no more */
	bool			 dropped;	/* nobody will answer */
	uint64_t		 sent;		/* own */
};

struct node {
	uint64_t	 free_at;	/* when it has done what is in its queue */
	uint64_t	 down;		/* until then */
};

/* From a proxy to a store; who may not ask yet stands in line. */
struct link {
	struct lease_flow	 flow;
	uint32_t		 first;		/* a member, and 1; 0: nobody */
	uint32_t		 last;
};

/* A budget as it was when what came after that was lost. */
struct kept {
	struct lease_grantor	 grantor;
	struct lease_holder	*holders;
};

static struct world world;
static struct settings *set = &world.set;
static struct figures figures;
static struct node *nodes;
static struct link *links;
static struct kept *kept;
static struct letter *letters;
static uint32_t nletters = 1, room, free_letter;	/* 0 is none */
static uint64_t now, begin, end, run = 1;

static uint32_t
letter_new(void)
{
	uint32_t l = free_letter;

	if (l != 0) {
		free_letter = letters[l].next;
		return l;
	}
	if (nletters >= room) {
		room += 4096;
		letters = reallocarray(letters, room, sizeof letters[0]);
		if (letters == NULL)
			err(1, NULL);
	}
	return nletters++;
}

static void
letter_done(uint32_t l)
{
	letters[l].next = free_letter;
	free_letter = l;
}

static struct node *
node_of(const struct member *m)
{
	return &nodes[m->budget % set->nodes];
}

static struct link *
link_of(const struct member *m)
{
	return &links[m->proxy * set->nodes + m->budget % set->nodes];
}

static uint64_t
own(const struct member *m)
{
	return clock_own(&world.clocks[m->proxy], now);
}

static uint64_t
trip(void)
{
	return set->trip + draw(set->trip / 2 + 1);
}

static void
wake_at(struct member *m, uint64_t at)
{
	m->due = at;
	event_put(at, TIMER, (uint32_t)(m - world.members));
}

/* Asking */

static void
stand_in_line(struct member *m)
{
	struct link *link = link_of(m);
	uint32_t i = (uint32_t)(m - world.members) + 1;

	if (m->in_line)
		return;
	m->in_line = true;
	m->next = 0;
	if (link->first == 0)
		link->first = i;
	else
		world.members[link->last - 1].next = i;
	link->last = i;
}

static void
send_question(struct member *m)
{
	uint32_t l = letter_new();

	m->question = (struct lease_question){
		.holder = m->proxy + 1,
		.weight = 1,
		.demand = (m->every == 0 ? 1000000 : m->waiting) * UNIT,
		.first = UNIT,
		.horizon = set->horizon,
		.guard = lease_hold_guard(&m->hold, m->trip, set->horizon),
		.last = m->last,
	};
	lease_hold_return(&m->hold, own(m), &m->question);
	letters[l] = (struct letter){ .question = m->question,
		.member = (uint32_t)(m - world.members), .sent = own(m) };
	m->letter = l;
	lease_flow_sent(&link_of(m)->flow);
	event_put(now + trip(), ARRIVAL, l);
	wake_at(m, now + TIMEOUT);
}

static void
ask(struct member *m)
{
	struct node *node = node_of(m);

	/* its connection is there again a little after the store is */
	if (node->down > now)
		wake_at(m, node->down + draw(100 * MS));
	else if (lease_flow_may(&link_of(m)->flow))
		send_question(m);
	else
		stand_in_line(m);
}

static void
spend(struct member *m)
{
	struct budget_sim *b = &world.budgets[m->budget];
	uint64_t t = own(m);

	while (m->waiting > 0 && lease_hold_allows(&m->hold, UNIT, t)) {
		lease_hold_spend(&m->hold, UNIT, t);
		if (!gcra_conforms(&b->ever, UNIT, now))
			figures.over++;
		gcra_take(&b->ever, UNIT, now);
		m->waiting -= m->every != 0;
		figures_spent(&figures, b, m, now);
	}
}

static void
act(struct member *m)
{
	uint64_t due;

	spend(m);
	if (m->letter != 0 || m->waiting == 0 || m->in_line)
		return;
	due = lease_hold_due(&m->hold, UNIT, own(m));
	if (due == BUDGET_NEVER && own(m) >= m->again) {
		ask(m);
		return;
	}
	if (due == BUDGET_NEVER)
		due = m->again;
	wake_at(m, clock_true(&world.clocks[m->proxy], due, now));
}

/* Those in line, one after another, while they may ask. */
static void
serve_line(struct link *link)
{
	struct member *m;

	while (link->first != 0 && lease_flow_may(&link->flow)) {
		m = &world.members[link->first - 1];
		link->first = m->next;
		m->in_line = false;
		act(m);
	}
}

static void
on_request(struct member *m)
{
	if (m->waiting++ == 0)
		m->since = now;
	if (m->every != 0)
		event_put(now + draw_gap(m->every), REQUEST,
		    (uint32_t)(m - world.members));
	act(m);
}

static void
on_timer(struct member *m, uint64_t at)
{
	if (m->due != at)
		return;
	if (m->letter != 0) {
		/* what comes now is nobody's */
		letters[m->letter].left = true;
		if (letters[m->letter].dropped)
			letter_done(m->letter);
		m->letter = 0;
		figures.timeouts++;
	}
	act(m);
}

static void
take_answer(struct member *m, const struct letter *l)
{
	const struct lease_answer *a = &l->answer;
	uint64_t took = own(m) - l->sent;

	m->trip = took > m->trip ? took : m->trip - m->trip / 64;
	m->letter = 0;
	if (a->serial != 0) {
		(void)lease_hold_take(&m->hold, a, &m->question, l->sent,
		    own(m));
		m->last = a->serial;
	} else if (a->again_at > a->now)
		m->again = own(m) + (a->again_at - a->now);
}

static void
on_answer(uint32_t l)
{
	struct member *m = &world.members[letters[l].member];
	struct link *link = link_of(m);

	lease_flow_answered(&link->flow, letters[l].sent, own(m));
	if (!letters[l].left) {
		take_answer(m, &letters[l]);
		act(m);
	}
	letter_done(l);
	serve_line(link);
}

/* The stores */

static void
keep(uint32_t i)
{
	struct budget_sim *b = &world.budgets[i];
	size_t size = b->members * sizeof(struct lease_holder);

	if (kept == NULL || kept[i].holders != NULL)
		return;
	if ((kept[i].holders = malloc(size)) == NULL)
		err(1, NULL);
	kept[i].grantor = b->grantor;
	memcpy(kept[i].holders, b->grantor.holders, size);
}

static void
on_failure(void)
{
	struct budget_sim *b;
	uint32_t i;

	run++;
	for (i = 0; i < set->proxies; i++)
		lease_flow_lost(&links[i * set->nodes].flow);
	nodes[0].free_at = nodes[0].down = now + set->down;
	for (i = 0; i < set->budgets; i += (uint32_t)set->nodes) {
		b = &world.budgets[i];
		if (kept == NULL || kept[i].holders == NULL)
			continue;
		b->grantor = kept[i].grantor;
		memcpy(b->grantor.holders, kept[i].holders,
		    b->members * sizeof(struct lease_holder));
	}
}

static void
on_arrival(uint32_t l)
{
	const struct member *m = &world.members[letters[l].member];
	struct node *node = node_of(m);
	uint64_t start = node->free_at > now ? node->free_at : now;

	node->free_at = start + set->service +
	    set->each * world.budgets[m->budget].members;
	figures_call(&figures, start - now, node->free_at - start, now);
	event_put(start, SERVICE, l);
}

static void
on_service(uint32_t l)
{
	struct letter *letter = &letters[l];
	const struct member *m = &world.members[letter->member];
	struct node *node = node_of(m);

	if (node->down > now) {
		letter->dropped = true;
		if (letter->left)
			letter_done(l);
		return;
	}
	if (set->fail != 0 && now >= begin + set->fail * SEC - set->lost &&
	    run == 1)
		keep(m->budget);
	lease_grant_share(&world.budgets[m->budget].grantor, &letter->question,
	    node == nodes ? run : 1, now, &letter->answer);
	event_put(now + set->service + trip(), ANSWER, l);
}

static void
dispatch(const struct event *e)
{
	switch ((enum what)e->kind) {
	case REQUEST:
		on_request(&world.members[e->of]);
		break;
	case TIMER:
		on_timer(&world.members[e->of], e->at);
		break;
	case ARRIVAL:
		on_arrival(e->of);
		break;
	case SERVICE:
		on_service(e->of);
		break;
	case ANSWER:
		on_answer(e->of);
		break;
	case FAILURE:
		on_failure();
		break;
	case TICK:
		figures_tick(&figures, &world, now);
		event_put(now + 100 * MS, TICK, 0);
		break;
	}
}

/* What a run is told */

static const struct {
	const char	*name;
	uint64_t	*value;
	uint64_t	 preset;
	uint64_t	 scale;
} names[] = {
	{ "proxies", &world.set.proxies, 1000, 1 },
	{ "budgets", &world.set.budgets, 100000, 1 },
	{ "nodes", &world.set.nodes, 1, 1 },
	{ "seed", &world.set.seed, 1, 1 },
	{ "seconds", &world.set.seconds, 20, 1 },
	{ "warm", &world.set.warm, 5, 1 },
	{ "service_us", &world.set.service, 20, 1000 },
	{ "each_ns", &world.set.each, 0, 1 },
	{ "trip_us", &world.set.trip, 500, 1000 },
	{ "horizon_ms", &world.set.horizon, 1000, MS },
	{ "busy_percent", &world.set.busy, 10, 1 },
	{ "quiet_ms", &world.set.quiet, 60000, 1 },
	{ "fail_s", &world.set.fail, 0, 1 },
	{ "lost_ms", &world.set.lost, 250, MS },
	{ "down_ms", &world.set.down, 1000, MS },
	{ "series", &figures.series, 0, 1 },
};

#define NAMES	(sizeof names / sizeof names[0])

static void
be_told(const char *word)
{
	size_t i, length = strcspn(word, "=");

	for (i = 0; i < NAMES && word[length] == '='; i++)
		if (strlen(names[i].name) == length &&
		    strncmp(names[i].name, word, length) == 0) {
			*names[i].value = strtoull(word + length + 1, NULL,
			    10) * names[i].scale;
			return;
		}
	errx(1, "%s: not known", word);
}

/* Each begins in the first second; one in fifty comes later, and is timed. */
static void
begin_all(void)
{
	uint64_t span = set->seconds * SEC;
	struct member *m;
	uint32_t i;

	for (i = 0; i < world.nmembers; i++) {
		m = &world.members[i];
		m->came = now + draw(SEC);
		if (i % 50 == 49 && set->fail == 0)
			m->came = begin + draw(span / 2 + 1);
		event_put(m->came + (m->every == 0 ? 0 : draw(m->every)),
		    REQUEST, i);
	}
	event_put(begin, TICK, 0);
	if (set->fail != 0)
		event_put(begin + set->fail * SEC, FAILURE, 0);
}

int
main(int argc, char **argv)
{
	struct event e;
	size_t i;

	for (i = 0; i < NAMES; i++)
		*names[i].value = names[i].preset * names[i].scale;
	while (--argc > 0)
		be_told(*++argv);
	if (set->proxies == 0 || set->budgets == 0 || set->nodes == 0)
		errx(1, "one of each at least");
	world_make(&world);
	nodes = calloc(set->nodes, sizeof nodes[0]);
	links = calloc(set->nodes * set->proxies, sizeof links[0]);
	if (set->fail != 0)
		kept = calloc(set->budgets, sizeof kept[0]);
	if (nodes == NULL || links == NULL || (set->fail != 0 && kept == NULL))
		err(1, NULL);
	for (i = 0; i < set->nodes * set->proxies; i++)
		lease_flow_init(&links[i].flow);
	now = BEGIN;
	begin = now + set->warm * SEC;
	end = begin + set->seconds * SEC;
	figures_begin(&figures, begin, end);
	begin_all();
	while (event_next(&e) && e.at <= end) {
		now = e.at;
		dispatch(&e);
	}
	figures_print(&figures, &world);
	return figures.over != 0;
}
