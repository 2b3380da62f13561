/* SPDX-License-Identifier: ISC */
#include "throttle/estimate_pace.h"

#include "throttle/larger.h"

#define LONG		4096	/* requests: more are measured by halves */
#define EXACT		64	/* ... of which one is not much any more */
#define LOCAL		16	/* ... that tell a pace by themselves */
#define EARLY		5	/* refusals that tell it, too */
#define FIRST		10	/* times a burst, before it is raised */
#define RAISES		4	/* that were not refused: it is another one */
#define FEW		3	/* went at first: so many may be no burst */
#define PAUSE		3600000000000ULL	/* ns between two tries */

void
estimate_pace_begin(struct estimate_pace *p, uint64_t at)
{
	*p = (struct estimate_pace){
		.since = at,
		.refused = at,
		.burst = p->burst,
		.full = p->full,
		.after = p->after,
	};
}

void
estimate_pace_went(struct estimate_pace *p, uint64_t sent)
{
	if (p->since != 0 && sent > p->since)
		p->went++;
}

/* There is nothing in it but so much. */
static void
empty(struct estimate_pace *p, uint64_t left, uint64_t at)
{
	uint64_t burst = larger(p->burst, 1);

	gcra_init(&p->gcra, &(struct gcra_rate){
		.capacity = ESTIMATE_UNIT,
		.period = p->interval,
		.burst = burst * ESTIMATE_UNIT,
	});
	gcra_take(&p->gcra, (burst - left) * ESTIMATE_UNIT, at);
}

/*
 * By what went since; no longer than most (ns) between two.  One more may have
 * been nearly there: as long as that matters it is taken for whole, or what is
 * lost would never be noticed.  The bucket is empty at an instant (ns); it gets
 * some in advance, or the next refusal would come as soon.
 */
static void
measure(struct estimate_pace *p, uint64_t at, uint64_t most)
{
	uint64_t span = at > p->since ? at - p->since : 1;
	uint64_t halves = 2 * p->went + (p->went < EXACT ? 2 : 1);

	p->interval = 2 * span / halves + 1;
	if (p->interval > most)
		p->interval = most;
	empty(p, 0, at + (p->went < EXACT ? 2 : 1) * p->interval);
}

/* What it is measured from is not so any more: the host gives less. */
static bool
has_changed(const struct estimate_pace *p, uint64_t at)
{
	uint64_t went = p->went - p->went_then, span = at - p->refused;

	/* nothing for three times the distance of two */
	if (went == 0)
		return span > 4 * p->interval && p->went > LOCAL;
	return went >= LOCAL && span / (went + 1) > p->interval +
	    p->interval / 8;
}

/* Again and again only few went since the last refusal. */
static bool
is_too_fast(struct estimate_pace *p, uint64_t at)
{
	if (p->went < EXACT || p->went - p->went_then >= LOCAL) {
		p->early = 0;
		return false;
	}
	if (p->early++ == 0) {
		p->early_at = at;
		p->early_went = p->went;
	}
	if (p->early < EARLY)
		return false;
	p->early = 0;
	return true;
}

/*
 * How long between two it is at the most (ns), by what went from an instant on,
 * when so many had gone, until the pace was raised for the last time.
 */
static uint64_t
slowest_since(const struct estimate_pace *p, uint64_t at, uint64_t went)
{
	if (at == 0 || p->last_at <= at || p->last_went <= went + p->full)
		return UINT64_MAX;
	return larger((p->last_at - at) / (p->last_went - went - p->full), 1);
}

/*
 * The same by what went at the last step, and at all of them.  A bucket holds no
 * more than once it was full, so all else was given meanwhile.  What is measured
 * since long may be slower than that: as if nothing had been lost while it was
 * full, which it is below its pace.
 */
static uint64_t
slowest(const struct estimate_pace *p)
{
	uint64_t all, last;

	if (p->raised < 2 || p->full == 0)
		return UINT64_MAX;
	all = slowest_since(p, p->raised_at, p->raised_went);
	last = slowest_since(p, p->step_at, p->step_went);
	return all < last ? all : last;
}

static void
begin_at(struct estimate_pace *p, uint64_t at, uint64_t went_then)
{
	p->went -= went_then;
	p->since = at;
	/* which is of what is not counted any more */
	p->early = 0;
}

/*
 * Since the last refusal it had the time to fill, and then gave hardly as many as
 * it is taken to hold: those of the first time did not go at one instant, and so
 * many at once would be refused each time that it opens.
 */
static void
forget_burst(struct estimate_pace *p, uint64_t at)
{
	uint64_t went = p->went - p->went_then;

	if (p->burst > 1 && p->burst <= FEW && went <= p->burst + 1 &&
	    at - p->refused >= (wide)p->burst * p->interval)
		p->burst = went > 0 && went < p->burst ? went : p->burst - 1;
}

/*
 * Hardly anybody has waited for it since the last refusal: nothing was asked of
 * it but what clients wanted, and a bucket that is little used would be found to
 * be as slow.
 */
static bool
is_idle(const struct estimate_pace *p, uint64_t at)
{
	uint64_t went = p->went - p->went_then;

	return p->interval != 0 && p->raised == 0 && went >= LOCAL &&
	    p->quiet < went / 4 &&
	    at - p->refused > (wide)2 * went * p->interval;
}

void
estimate_pace_refused(struct estimate_pace *p, uint64_t sent)
{
	uint64_t most;

	/* it was on its way already when that was told */
	if (p->told && sent <= p->since)
		return;
	if (p->told) {
		/* others use it, too: from then on it is measured */
		p->told = false;
		p->since = p->refused = sent;
		p->went = p->went_then = 0;
		p->quiet = p->raised = 0;
		empty(p, 0, sent);
		return;
	}
	if (sent <= p->refused) {
		measure(p, sent, UINT64_MAX);
		return;
	}
	if (is_idle(p, sent)) {
		estimate_pace_renew(p, sent, sent);
		return;
	}
	most = slowest(p);
	forget_burst(p, sent);
	if (p->raised >= RAISES)
		begin_at(p, p->raised_at, p->raised_went);
	else if (p->on && has_changed(p, sent))
		begin_at(p, p->refused, p->went_then);
	else if (is_too_fast(p, sent))
		begin_at(p, p->early_at, p->early_went);
	else if (p->went > LONG)
		begin_at(p, sent - (sent - p->since) / 2, p->went / 2);
	measure(p, sent, most);
	if (p->raised > 0 && p->went_then >= EXACT)
		p->after = sent + PAUSE;
	p->refused = sent;
	p->went_then = p->went;
	p->quiet = p->raised = 0;
	p->seen++;
}

void
estimate_pace_shut(struct estimate_pace *p, uint64_t sent)
{
	if (p->since == 0)
		estimate_pace_begin(p, sent);
	else if (p->on)
		estimate_pace_refused(p, sent);
}

void
estimate_pace_told(struct estimate_pace *p, uint64_t burst, uint64_t left,
    uint64_t interval, uint64_t now)
{
	/* resets are rounded up: the shortest is the nearest */
	if (p->on && interval >= p->interval)
		return;
	*p = (struct estimate_pace){
		.on = true,
		.told = true,
		.since = now,
		.refused = now,
		.interval = larger(interval, 1),
		.burst = burst,
	};
	empty(p, left, now);
}

void
estimate_pace_left(struct estimate_pace *p, uint64_t left, uint64_t now)
{
	int64_t ours = gcra_left(&p->gcra, now);

	if (left >= UINT32_MAX || ours <= (int64_t)(left * ESTIMATE_UNIT))
		return;
	gcra_take(&p->gcra, (uint64_t)ours - left * ESTIMATE_UNIT, now);
	/* who waits for that does not say that the pace is kept */
	p->quiet = 0;
}

void
estimate_pace_renew(struct estimate_pace *p, uint64_t at, uint64_t now)
{
	p->since = p->refused = at;
	p->went = p->went_then = 0;
	p->quiet = p->raised = p->early = 0;
	gcra_take(&p->gcra, larger(p->burst, 1) * ESTIMATE_UNIT, now);
}

void
estimate_pace_take(struct estimate_pace *p, uint64_t at)
{
	uint64_t due = gcra_due(&p->gcra, ESTIMATE_UNIT);

	/* only who had to wait for it says that it is kept */
	if (at < due + p->interval)
		p->quiet++;
	gcra_take(&p->gcra, ESTIMATE_UNIT, at);
}

uint64_t
estimate_pace_due(const struct estimate_pace *p)
{
	return gcra_due(&p->gcra, ESTIMATE_UNIT);
}

void
estimate_pace_raise(struct estimate_pace *p, uint64_t now)
{
	bool vague = p->went_then < EXACT && !p->told;
	uint64_t enough = vague ? larger(p->went_then, 4) :
	    p->raised > 0 ? EXACT : FIRST * larger(p->burst, LOCAL);

	if (p->quiet < enough || (!vague && now < p->after))
		return;
	if (p->raised++ == 0) {
		p->raised_at = now;
		p->raised_went = p->went;
	}
	p->step_at = p->raised > 1 ? p->last_at : 0;
	p->step_went = p->last_went;
	p->last_at = now;
	p->last_went = p->went;
	p->quiet = 0;
	p->interval -= p->interval / (vague ? 4 : 16);
	empty(p, 0, now);
}
