/* SPDX-License-Identifier: ISC */
#include "admin/admin_history.h"

#include <stdlib.h>
#include <string.h>

#include <bsd/sys/queue.h>

#define HASH_NONFATAL_OOM	1
#include <uthash.h>

#include "conf/conf.h"
#include "hosts/hosts_view.h"

/*
 * Once a second all hosts are looked at, in pieces between which the loop goes
 * round.  One that has done anything gets a ring, or moves to the end of the
 * list of rings; whose ring is needed by another is the first there, which was
 * active least recently.
 */

#define SECOND	UINT64_C(1000000000)	/* ns */

struct ring {
	UT_hash_handle		 hh;
	TAILQ_ENTRY(ring)	 entry;
	uint64_t		 serial;
	uint64_t		 last;		/* tick of the newest point */
	/* by tick, modulo their number */
	uint16_t		 started[ADMIN_HISTORY];
	uint16_t		 waiting[ADMIN_HISTORY];
	uint16_t		 refused[ADMIN_HISTORY];
};
TAILQ_HEAD(rings, ring);

struct admin_history {
	struct admin_context	*context;
	struct deadline		 next;
	/* seconds, this round's; from ADMIN_HISTORY, that all have a past */
	uint64_t		 tick;
	uint64_t		 cursor;	/* of this round */
	struct ring		*table;		/* by serial */
	struct rings		 rings;		/* the least active first */
	size_t			 n;
};

static uint16_t
saturated(uint64_t n)
{
	return n > UINT16_MAX ? UINT16_MAX : (uint16_t)n;
}

/* Nothing happened between the newest point and a tick, which it is then. */
static void
advance(struct ring *r, uint64_t tick)
{
	uint64_t i;

	if (tick - r->last > ADMIN_HISTORY)
		r->last = tick - ADMIN_HISTORY;
	while (r->last < tick) {
		i = ++r->last % ADMIN_HISTORY;
		r->started[i] = r->waiting[i] = r->refused[i] = 0;
	}
}

static void
drop(struct admin_history *h, struct ring *r)
{
	HASH_DEL(h->table, r);
	TAILQ_REMOVE(&h->rings, r, entry);
	h->n--;
	free(r);
}

/* A ring for another host; NULL: all are in use, or without memory. */
static struct ring *
make(struct admin_history *h, uint64_t serial)
{
	struct ring *r;

	while (h->n > 0 && h->n >= h->context->conf->admin_history) {
		r = TAILQ_FIRST(&h->rings);
		/* one that is as active as that is no better off without */
		if (r->last == h->tick)
			return NULL;
		drop(h, r);
	}
	if (h->context->conf->admin_history == 0 ||
	    (r = calloc(1, sizeof *r)) == NULL)
		return NULL;
	r->serial = serial;
	r->last = h->tick;
	HASH_ADD(hh, h->table, serial, sizeof r->serial, r);
	if (r->hh.tbl == NULL) {
		free(r);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&h->rings, r, entry);
	h->n++;
	return r;
}

static void
sample(const struct host_sample *s, void *arg)
{
	struct admin_history *h = arg;
	struct ring *r;
	uint64_t i = h->tick % ADMIN_HISTORY;

	if (s->started == 0 && s->refused == 0 && s->waiting == 0)
		return;
	HASH_FIND(hh, h->table, &s->serial, sizeof s->serial, r);
	if (r == NULL && (r = make(h, s->serial)) == NULL)
		return;
	advance(r, h->tick);
	r->started[i] = saturated(s->started);
	r->waiting[i] = saturated(s->waiting);
	r->refused[i] = saturated(s->refused);
	TAILQ_REMOVE(&h->rings, r, entry);
	TAILQ_INSERT_TAIL(&h->rings, r, entry);
}

/* The next piece: of this round, or of one that begins. */
static void
next_cb(void *arg)
{
	struct admin_history *h = arg;
	uint64_t now = loop_now();

	if (h->cursor == 0)
		h->tick = ADMIN_HISTORY + now / SECOND;
	if (hosts_sample_piece(h->context->hosts, &h->cursor, sample, h)) {
		deadline_set(&h->next, now);
		return;
	}
	h->cursor = 0;
	deadline_set(&h->next, (h->tick - ADMIN_HISTORY + 1) * SECOND);
}

struct admin_history *
admin_history_new(struct admin_context *context)
{
	struct admin_history *h;

	if ((h = calloc(1, sizeof *h)) == NULL)
		return NULL;
	h->context = context;
	TAILQ_INIT(&h->rings);
	deadline_init(&h->next, context->loop, next_cb, h);
	deadline_set(&h->next, loop_now());
	return h;
}

void
admin_history_free(struct admin_history *h)
{
	if (h == NULL)
		return;
	while (!TAILQ_EMPTY(&h->rings))
		drop(h, TAILQ_FIRST(&h->rings));
	deadline_free(&h->next);
	free(h);
}

static json_t *
points(const uint16_t *values, uint64_t last, unsigned n)
{
	json_t *list = json_array();
	uint64_t at;

	for (at = last + 1 - n; at <= last; at++)
		json_array_append_new(list,
		    json_integer(values[at % ADMIN_HISTORY]));
	return list;
}

json_t *
admin_history_value(struct admin_history *h, uint64_t serial, unsigned n)
{
	struct ring *r;

	HASH_FIND(hh, h->table, &serial, sizeof serial, r);
	if (r == NULL)
		return NULL;
	advance(r, h->tick);
	return json_pack("{s:i, s:o, s:o, s:o}", "step", 1,
	    "started", points(r->started, r->last, n),
	    "waiting", points(r->waiting, r->last, n),
	    "refused", points(r->refused, r->last, n));
}
