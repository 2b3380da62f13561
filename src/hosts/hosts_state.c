/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_state.h"

#include <string.h>

#include "hosts/host_lease.h"
#include "hosts/hosts_name.h"
#include "hosts/hosts_table.h"
#include "hosts/state_budget.h"
#include "hosts/state_line.h"
#include "hosts/state_parts.h"
#include "throttle/throttle_estimate.h"
#include "throttle/throttle_lease.h"
#include "throttle/throttle_meter.h"
#include "throttle/throttle_save.h"
#include "throttle/throttle_tick.h"

#define PIECE	64	/* hosts, for which the table is locked */

void
hosts_state_lease(struct hosts *hs, void (*ring)(void *), void *arg)
{
	host_leases_init(&hs->leases, ring, arg);
}

/* A line */

static void
begin_line(struct hosts_writer *w, const char *kind, const struct rule *rule,
    const struct http1_host *host, const struct client_hash *whose)
{
	char name[EVENTS_HOST];

	text_puts(w->text, kind);
	state_put_text(w->text, "name", hosts_name_print(name, rule, host,
	    whose));
	state_put_number(w->text, "boot", w->at.boot);
	state_put_number(w->text, "wall", w->at.wall);
}

static void
put_saved(struct hosts_writer *w, const char *whose, const char *name)
{
	state_put_text(w->text, "budget", whose);
	if (name != NULL)
		state_put_text(w->text, "of", name);
	state_put_budget(w->text, w->saved);
}

static bool
save(struct hosts_writer *w, struct host *h, enum throttle_whose whose,
    unsigned n)
{
	return throttle_save(h->throttle, whose, n, w->at.now, w->saved);
}

static void
put_budgets(struct hosts_writer *w, struct host *h)
{
	const char *name;
	unsigned i;

	if (save(w, h, THROTTLE_OF_HOST, 0))
		put_saved(w, "host", NULL);
	for (i = 0; i < h->rule->npaths; i++)
		if (save(w, h, THROTTLE_OF_PART, i))
			put_saved(w, "path", h->rule->paths[i].text);
	if (save(w, h, THROTTLE_OF_TOTAL, 0))
		put_saved(w, "total", NULL);
	for (i = 0; throttle_meter(h->throttle, THROTTLE_METERS_OWN, i,
	    &name) != NULL; i++)
		if (save(w, h, THROTTLE_OF_METER, i))
			put_saved(w, "tokens", name);
	for (i = 0; throttle_meter(h->throttle, THROTTLE_METERS_TOTAL, i,
	    &name) != NULL; i++)
		if (save(w, h, THROTTLE_OF_TOTAL_METER, i))
			put_saved(w, "all-tokens", name);
}

static void
put_estimate(struct hosts_writer *w, struct host *h)
{
	char buf[ESTIMATE_SAVED];
	const char *text = throttle_estimate_save(h->throttle, buf, w->at.now);

	if (text != NULL)
		state_put_text(w->text, "estimate", text);
}

/* Of one that says nothing there is no line. */
static void
put_host(struct hosts_writer *w, struct host *h)
{
	size_t begin = w->text->len, empty;

	begin_line(w, "host", h->rule, &h->name, &h->credential);
	if (throttle_paused_until(h->throttle, THROTTLE_WHOLE) > w->at.now) {
		state_put_number(w->text, "cause",
		    h->pause.causes[THROTTLE_WHOLE]);
		if (h->pause.why != NULL)
			state_put_text(w->text, "why", h->pause.why);
	}
	empty = w->text->len;
	put_budgets(w, h);
	put_estimate(w, h);
	if (w->text->len == empty) {
		w->text->len = begin;
		return;
	}
	state_put_end(w->text, begin);
	w->records++;
}

static void
put_parts(struct hosts_writer *w, struct host *h)
{
	size_t begin = w->text->len;

	begin_line(w, "parts", h->rule, &h->name, &h->credential);
	if (!state_parts_put(w->text, h, w->saved, w->at.now)) {
		w->text->len = begin;
		return;
	}
	state_put_end(w->text, begin);
	w->records++;
}

/* With its lock held. */
static void
put_promised(struct hosts_writer *w, struct host *h)
{
	throttle_tick(h->throttle, w->at.now);
	if (h->leases != &w->hosts->leases) {
		put_host(w, h);
		return;
	}
	if (throttle_lease_is_unused(h->throttle) &&
	    throttle_idle(h->throttle, w->at.now))
		throttle_lease_return(h->throttle);
	else if (throttle_lease_promise(h->throttle, &w->ahead, w->at.now))
		w->safe = true;
	w->safe = w->safe || h->lease_noted;
	h->lease_noted = false;
	put_host(w, h);
	host_lease_put(h, HOST_LEASE_PROMISED);
}

static void
put_last(struct hosts_writer *w, struct host *h)
{
	throttle_tick(h->throttle, w->at.now);
	if (h->leases == &w->hosts->leases)
		throttle_lease_return(h->throttle);
	put_host(w, h);
}

/* Many of them */

void
hosts_state_wanted(struct hosts_writer *w, unsigned max)
{
	struct hosts *hs = w->hosts;
	struct host *h;

	pthread_rwlock_rdlock(&hs->lock);
	while (max-- > 0 && (h = host_leases_first(&hs->leases,
	    HOST_LEASE_WANTS)) != NULL) {
		host_lock(h);
		put_promised(w, h);
		host_unlock(h);
	}
	pthread_rwlock_unlock(&hs->lock);
}

uint64_t
hosts_state_piece(struct hosts_writer *w, uint64_t cursor, bool last)
{
	struct hosts *hs = w->hosts;
	struct host *h;
	unsigned i;

	pthread_rwlock_rdlock(&hs->lock);
	h = hosts_find_from(hs, cursor);
	for (i = 0; i < PIECE && h != NULL; i++) {
		host_lock(h);
		if (last)
			put_last(w, h);
		else
			put_promised(w, h);
		put_parts(w, h);
		host_unlock(h);
		h = hosts_find_next(h);
	}
	cursor = h != NULL ? h->serial : 0;
	pthread_rwlock_unlock(&hs->lock);
	return cursor;
}

/* What operators have set */

static void
put_asked(struct text *t, const struct hosts_limits *asked)
{
	const uint64_t list[] = {
		asked->capacity, asked->period, asked->burst,
		asked->has_concurrency, asked->concurrency,
	};

	state_put_numbers(t, "limits", list, 5);
}

static void
put_override(struct hosts_writer *w, const struct hosts_override *o)
{
	static const char *const kinds[] = {
		[HOSTS_OVERRIDE_LIMITS] = "set",
		[HOSTS_OVERRIDE_PAUSE] = "pause",
		[HOSTS_OVERRIDE_DRAIN] = "drain",
	};
	size_t begin = w->text->len;

	begin_line(w, kinds[o->kind], o->name.rule, &o->name.host,
	    &o->name.whose);
	if (o->until != 0)
		state_put_number(w->text, "left", o->until - w->at.now);
	state_put_number(w->text, "given", o->given);
	state_put_text(w->text, "was", o->change.was);
	state_put_text(w->text, "is", o->change.is);
	state_put_text(w->text, "by", o->by);
	state_put_text(w->text, "reason", o->reason);
	if (o->kind == HOSTS_OVERRIDE_LIMITS)
		put_asked(w->text, &o->asked);
	state_put_end(w->text, begin);
	w->records++;
}

bool
hosts_state_is_empty(struct hosts *hs)
{
	bool empty;

	pthread_rwlock_rdlock(&hs->lock);
	empty = hs->table == NULL && hs->overrides.n == 0;
	pthread_rwlock_unlock(&hs->lock);
	return empty;
}

void
hosts_state_overrides(struct hosts_writer *w)
{
	struct hosts *hs = w->hosts;
	struct hosts_override *o;

	pthread_rwlock_rdlock(&hs->lock);
	for (o = hosts_override_first(&hs->overrides); o != NULL;
	    o = hosts_override_next(o))
		if (o->until == 0 || o->until > w->at.now)
			put_override(w, o);
	pthread_rwlock_unlock(&hs->lock);
}

/* It is safe */

bool
hosts_state_written(struct hosts *hs, uint64_t now)
{
	bool waited = false;
	struct host *h;

	pthread_rwlock_rdlock(&hs->lock);
	while ((h = host_leases_first(&hs->leases,
	    HOST_LEASE_PROMISED)) != NULL) {
		host_lock(h);
		throttle_lease_grant(h->throttle, now);
		waited = waited || h->count[TICKET_WAITING] > 0;
		host_lease_put(h, h->count[TICKET_WAITING] > 0 ?
		    HOST_LEASE_GRANTED : HOST_LEASE_NONE);
		host_unlock(h);
	}
	pthread_rwlock_unlock(&hs->lock);
	return waited;
}

void
hosts_state_admit(struct hosts *hs, struct loop *l, uint64_t now)
{
	struct host *h;

	pthread_rwlock_rdlock(&hs->lock);
	while ((h = host_leases_first(&hs->leases,
	    HOST_LEASE_GRANTED)) != NULL) {
		host_lock(h);
		/* whoever writes may have put it elsewhere by now */
		if (h->lease == HOST_LEASE_GRANTED)
			host_lease_put(h, HOST_LEASE_NONE);
		host_admit(h, l, now);
		/* for some it was not the lease alone, as it turns out */
		if (throttle_lease_has_grace(h->throttle, now)) {
			host_refuse_hopeless(h, now);
			host_admit(h, l, now);
		}
		host_unlock(h);
	}
	pthread_rwlock_unlock(&hs->lock);
}
