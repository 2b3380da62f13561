/* SPDX-License-Identifier: ISC */
#include "hosts/hosts_learn.h"

#include "base/sum.h"
#include "base/words.h"
#include "hosts/host_observe.h"
#include "hosts/host_away.h"
#include "hosts/host_lease.h"
#include "hosts/host_pause.h"
#include "hosts/hosts_name.h"
#include "hosts/hosts_say.h"
#include "hosts/hosts_table.h"
#include "hosts/store_part.h"
#include "throttle/throttle_estimate.h"

/*
 * What answers tell of a host's limits, with its lock held: how long it is
 * paused, and which part of it.  Parts that answers name are learned with the
 * routes that use them (policy/routes.h); the throttle knows them (its named
 * parts) as long as they are held up.
 */

#define TELL_STEP		1000000000ULL	/* ns */
#define FIRST_ASK		500000000ULL	/* ns */

/* Parts */

static unsigned
take_part(struct host *h, struct ticket *t, const struct lesson *l,
    uint64_t now)
{
	struct route_part part = { l->part.a, l->part.b };
	bool holds, new;
	unsigned named, before;

	if (!l->named)
		return 0;
	host_know_route(t, l->method, l->path);
	if (h->routes == NULL && (h->routes = routes_new()) == NULL)
		return 0;
	new = routes_learn(h->routes, &t->route, part);
	holds = (l->partial && (l->pause > 0 || l->backoff)) ||
	    (l->shape && l->shape_partial);
	before = throttle_named(h->throttle, &l->part);
	named = holds ? throttle_named_make(h->throttle, &l->part, l->name,
	    now) : before;
	if (named == 0)
		return 0;
	throttle_named_move(h->throttle, &t->waiter, named, now);
	if (new || before == 0)
		host_rejudge(h, now);
	return named;
}

/*
 * What was known of the part that the host has named, before it refused: where
 * limits are learned, and the refusal is of that part alone.
 */
struct part_before {
	unsigned	 named;		/* 0: it is not so */
	uint64_t	 shut;		/* ns: until then nobody went */
};

static struct part_before
part_before(struct host *h, struct ticket *t, const struct lesson *l,
    uint64_t now)
{
	struct part_before p = { .named = 0 };

	if (l->verdict != BUDGET_THROTTLED || !l->partial || l->no_rate ||
	    h->rule->mode != RULE_ENFORCE ||
	    throttle_estimated(h->throttle) == NULL)
		return p;
	p.named = take_part(h, t, l, now);
	if (p.named != 0)
		p.shut = throttle_paused_until(h->throttle,
		    THROTTLE_NAMED_PART(p.named));
	return p;
}

/*
 * Whether it is of a part that the host names, and that has got no place: then
 * nobody is held up for it.
 */
static bool
has_no_place(const struct host *h, const struct lesson *l, unsigned named)
{
	return h->rule->mode == RULE_ENFORCE && l->partial && l->named &&
	    (l->pause > 0 || l->backoff) && named == 0;
}

/* Lessons */

/* Which part of the host a lesson is about; a named one, or 0, by its name. */
static unsigned
part_of(const struct ticket *t, const struct lesson *l, unsigned named)
{
	if (l->partial && named != 0)
		return THROTTLE_NAMED_PART(named);
	return l->partial ? t->waiter.part : THROTTLE_WHOLE;
}

/*
 * Until then nobody goes.  Those who cannot wait for it are told, where it is
 * news: no less than TELL_STEP later than what is known already.
 */
static bool
refuse_hopeless_for(struct host *h, uint64_t until, uint64_t known,
    uint64_t now)
{
	if (until < known + TELL_STEP)
		return false;
	h->told_until = until;
	host_refuse_hopeless(h, now);
	return true;
}

/* The same for a part that the host names; a pause of it is news by itself. */
static bool
refuse_hopeless_for_part(struct host *h, uint64_t until, uint64_t known,
    uint64_t now)
{
	if (until < (known > now ? known + TELL_STEP : now))
		return false;
	host_refuse_hopeless(h, now);
	return true;
}

/* The ticket may be of an older configuration than its host's limits. */
static uint64_t
longest_pause(const struct host *h, const struct ticket *t)
{
	return h->rule->pause_max < t->rule->pause_max ? h->rule->pause_max :
	    t->rule->pause_max;
}

/*
 * Whether what is used up does not bind: after a pause that could not last
 * until then the host serves, and still says the same.
 */
static bool
is_soft(struct host *h, const struct lesson *l, uint64_t longest, uint64_t now)
{
	uint64_t until = sum(now, l->pause);

	if (l->verdict == BUDGET_THROTTLED)
		h->spent = 0;
	if (!l->spent || l->partial || l->verdict != BUDGET_SUCCESS)
		return false;
	/* resets are told in whole seconds */
	if (now >= h->rested && now + TELL_STEP < h->spent &&
	    until >= h->spent - 2 * TELL_STEP)
		return true;
	if (until > h->spent) {
		h->spent = until;
		h->rested = l->pause < longest ? until : now + longest;
	}
	return false;
}

static enum stats_cause
cause_of(const struct lesson *l)
{
	if (l->backoff)
		return STATS_BACKOFF;
	return l->verdict == BUDGET_THROTTLED ? STATS_NAMED : STATS_EXHAUSTED;
}

/*
 * The same where its limits are learned: that knows better how long than what
 * is configured for all refusals, or what is told in whole seconds.
 */
static uint64_t
shut_as_estimated(struct host *h, struct ticket *t, const struct lesson *l,
    uint64_t named, uint64_t now)
{
	uint64_t known = h->told_until > now ? h->told_until : now, until;
	char why[EVENTS_TEXT];

	until = host_pause_estimated(h, named == 0 ? 0 : now + named,
	    cause_of(l), now);
	if (until <= now)
		return 0;
	host_pause_say(h, hosts_say_grounds(why, t, l, until - now));
	return refuse_hopeless_for(h, until, known, now) ? until - now : 0;
}

/* For how long it says that it, or a part, is shut (ns); 0: it does not. */
static uint64_t
named_by(struct host *h, struct ticket *t, const struct lesson *l,
    unsigned part, uint64_t longest, uint64_t now)
{
	uint64_t named = !l->backoff ? l->pause : l->own_base ? l->base : 0;

	if (l->at_once && !l->again &&
	    throttle_at_once(h->throttle, part, &t->waiter, now))
		return 0;
	return named < longest ? named : longest;
}

/*
 * The same of a part that has refused.  Those that were on their way with the
 * first one say nothing new.
 */
static uint64_t
part_as_estimated(struct host *h, struct ticket *t, const struct lesson *l,
    struct part_before before, uint64_t now)
{
	uint64_t longest = longest_pause(h, t), until;
	unsigned part = THROTTLE_NAMED_PART(before.named);
	uint64_t named = named_by(h, t, l, part, longest, now);

	until = throttle_part_named(h->throttle, before.named,
	    named == 0 ? 0 : now + named, now);
	h->pause.causes[part] = (uint8_t)cause_of(l);
	host_lease_note(h);
	return until > now && refuse_hopeless_for_part(h, until, before.shut,
	    now) ? until - now : 0;
}

/*
 * How long to pause to begin with (ns), where no time is named.  Where limits are
 * learned single requests ask, at growing distances, also after what is not
 * learned of.
 */
static uint64_t
base_of(const struct host *h, const struct lesson *l)
{
	return l->no_rate && !l->own_base &&
	    throttle_estimated(h->throttle) != NULL ? FIRST_ASK : l->base;
}

/*
 * Pauses as the lesson asks; for how long (ns), or 0 where that is nothing new:
 * the answers to requests that were under way together say the same again.
 */
static uint64_t
pause_by(struct host *h, struct ticket *t, const struct lesson *l,
    unsigned named, uint64_t now)
{
	unsigned part = part_of(t, l, named);
	uint64_t pause = l->pause, longest = longest_pause(h, t);
	uint64_t before, known;
	char why[EVENTS_TEXT];

	if (has_no_place(h, l, named)) {
		t->unheld = l->verdict == BUDGET_THROTTLED;
		return 0;
	}
	if (part == THROTTLE_WHOLE && l->verdict == BUDGET_THROTTLED &&
	    !l->no_rate && throttle_estimated(h->throttle) != NULL)
		return shut_as_estimated(h, t, l, named_by(h, t, l, part,
		    longest, now), now);

	/* of a part that nobody has named, others are not held up */
	if (l->partial && part == THROTTLE_WHOLE &&
	    l->verdict != BUDGET_THROTTLED)
		return 0;
	if (l->at_once && !l->again &&
	    throttle_at_once(h->throttle, part, &t->waiter, now))
		return 0;
	if (l->backoff)
		pause = throttle_backoff(h->throttle, part, &t->waiter,
		    base_of(h, l), longest, now);
	if (pause > longest)
		pause = longest;
	before = throttle_paused_until(h->throttle, part);
	if (pause == 0 || !host_pause(h, part, now + pause, cause_of(l), now))
		return 0;
	if (part == THROTTLE_WHOLE)
		host_pause_say(h, hosts_say_grounds(why, t, l, pause));
	if (part > THROTTLE_WHOLE)
		return refuse_hopeless_for_part(h, now + pause, before, now) ?
		    pause : 0;
	/* the first word of a pause is news, however short that is */
	known = h->told_until > now ? h->told_until : 0;
	return refuse_hopeless_for(h, now + pause, known, now) ? pause : 0;
}

static void
shape_by(struct host *h, struct ticket *t, const struct lesson *l,
    unsigned named, uint64_t now)
{
	unsigned part = l->shape_partial ? THROTTLE_NAMED_PART(named) :
	    part_of(t, l, named);

	throttle_shape(h->throttle, part, l->left, now + l->reset, now);
	if (t->rule != h->rule) {
		host_pause_settle(h, now);
		throttle_shorten(h->throttle, longest_pause(h, t), now);
		if (h->pause.manual > now)
			host_pause(h, THROTTLE_WHOLE, h->pause.manual,
			    STATS_MANUAL, now);
	}
	if (part <= THROTTLE_WHOLE)
		refuse_hopeless_for(h, now + l->reset / (l->left + 1),
		    h->told_until > now ? h->told_until : now, now);
}

static void
tell_pause(const struct host *h, const struct ticket *t,
    const struct lesson *l, uint64_t pause)
{
	bool of = l->partial && l->named;
	char name[EVENTS_HOST], why[EVENTS_TEXT], buf[WORDS];

	/* the process that decides does so by the same lesson, and tells */
	if (h->away != NULL)
		return;
	hosts_name_print(name, h->rule, &h->name, &h->credential);
	events_tell(EVENT_PAUSE, name, h->rule->name, NULL,
	    "%s%s%spaused for %s %s", of ? "its part " : "",
	    of ? l->name : "", of ? " is " : "", words_duration(buf, pause),
	    hosts_say_grounds(why, t, l, pause));
}

/*
 * Whether what is used of a window that the host names has gone from here: then
 * that window is kept, and nothing has to be spread.
 */
static bool
is_own(struct host *h, const struct lesson *l, uint64_t now)
{
	return l->verdict != BUDGET_THROTTLED && !l->room.partial &&
	    throttle_estimate_own(h->throttle, l->room.limit, l->room.left,
	    now);
}

/* Holds up the host or a part as the lesson asks; returns as pause_by(). */
static uint64_t
heed(struct host *h, struct ticket *t, const struct lesson *l,
    struct part_before before, bool soft, uint64_t now)
{
	unsigned named = before.named != 0 ? before.named :
	    take_part(h, t, l, now);
	uint64_t pause = 0;

	if (l->shape && !l->shape_partial && is_own(h, l, now))
		/* what was spread before, since others have used it */
		throttle_shape(h->throttle, THROTTLE_WHOLE, 0, now, now);
	else if (l->shape && (!l->shape_partial || named != 0))
		shape_by(h, t, l, named, now);
	if (throttle_part_is_learned(h->throttle, before.named))
		pause = part_as_estimated(h, t, l, before, now);
	else if (!soft)
		pause = pause_by(h, t, l, named, now);
	else if (l->spent && throttle_estimate_shut(h->throttle) > now)
		pause = shut_as_estimated(h, t, l, 0, now);
	if (pause > 0)
		tell_pause(h, t, l, pause);
	/* once for all that are refused in one go */
	if (pause > 0 && t->strict && throttle_estimated(h->throttle) == NULL &&
	    l->verdict == BUDGET_THROTTLED) {
		host_counted_refused(&h->counted);
		host_set_counted(h);
	}
	return pause;
}

/*
 * Returns whether it is seen to, without a pause, that no more go than the host
 * says are left.
 */
static bool
heed_room(struct host *h, const struct ticket *t, const struct lesson *l,
    uint64_t now)
{
	const struct lesson_room *r = &l->room;

	if (throttle_estimated(h->throttle) == NULL)
		return is_own(h, l, now) &&
		    throttle_estimate_spent(h->throttle, now);
	if (r->limit == 0)
		return throttle_estimate_spent(h->throttle, now);
	if (r->partial || r->reset > longest_pause(h, t))
		return false;
	return throttle_estimate_left(h->throttle, &t->waiter,
	    &(struct estimate_room){ r->limit, r->left, now + r->reset,
	    r->refills }, l->verdict == BUDGET_THROTTLED, now);
}

uint64_t
hosts_learn(struct hosts *hs, struct ticket *t, const struct lesson *l,
    uint64_t now)
{
	struct host *h = hosts_enter(hs, t);
	struct part_before before;
	uint64_t pause = 0;
	bool soft;

	if (h == NULL)
		return 0;
	if (l->verdict == BUDGET_THROTTLED)
		h->counts.throttled++;
	t->unheld = false;
	before = part_before(h, t, l, now);
	if (l->verdict == BUDGET_THROTTLED && (l->no_rate ||
	    (has_no_place(h, l, before.named) &&
	    throttle_estimated(h->throttle) != NULL)))
		throttle_refused_aside(h->throttle, &t->waiter, now);
	else if (before.named != 0)
		throttle_part_refused(h->throttle, &t->waiter, now);
	else
		throttle_verdict(h->throttle, &t->waiter, l->verdict, now);
	if (h->away != NULL && l->named)
		host_know_route(t, l->method, l->path);
	host_away_lesson(h, t, l);
	host_seen_answer(&h->seen, l, throttle_inflight(h->throttle), now);
	/* what a longer window says is left to what is refused */
	if (l->allowed.limit != 0 && !l->allowed.partial &&
	    l->allowed.window <= longest_pause(h, t))
		throttle_estimate_told(h->throttle, l->allowed.limit,
		    l->allowed.window, now);
	soft = is_soft(h, l, longest_pause(h, t), now);
	if (!soft)
		soft = heed_room(h, t, l, now) && l->spent && !l->partial &&
		    l->verdict == BUDGET_SUCCESS;
	host_observe_learn(h, t, l, soft ? 0 : longest_pause(h, t), now);
	if (h->rule->mode == RULE_ENFORCE)
		pause = heed(h, t, l, before, soft, now);
	if (pause > 0 && l->partial && l->named && h->leases == &hs->shared)
		store_part_note(h, l);
	host_pause_judged(h, now);
	host_admit(h, t->loop, now);
	hosts_exit(hs, h);
	return pause;
}

bool
hosts_names_other(struct hosts *hs, struct ticket *t,
    const struct throttle_key *part)
{
	struct host *h = hosts_enter(hs, t);
	bool other;

	if (h == NULL)
		return false;
	other = h->routes != NULL && routes_has_other(h->routes,
	    (struct route_part){ part->a, part->b });
	hosts_exit(hs, h);
	return other;
}
