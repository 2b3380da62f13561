/* SPDX-License-Identifier: ISC */
#include "hosts/observe_hear.h"

#include "throttle/larger.h"

#define TELL_STEP	1000000000ULL	/* ns; as in hosts_learn.c */

static uint64_t
after(uint64_t now, uint64_t ns)
{
	return ns > THROTTLE_NEVER - now ? THROTTLE_NEVER : now + ns;
}

void
observe_heard(struct observe_heard *heard, const struct lesson *l,
    uint64_t longest, uint64_t now)
{
	bool of_named = l->partial && l->named;

	*heard = (struct observe_heard){
		.verdict = l->verdict,
		.partial = l->partial,
		.paused = l->pause > 0 && !of_named,
		.backoff = l->backoff && !of_named,
		.at_once = l->at_once && !of_named,
		.again = l->again,
		.shaped = l->shape && !l->shape_partial && !of_named,
		.until = after(now, l->pause),
		.base = l->base,
		.longest = longest,
		.left = l->left,
		.reset = after(now, l->reset),
	};
}

/* Returns until when it is paused then (ns); 0: no longer than it was. */
static uint64_t
pause_by(struct throttle *t, struct throttle_waiter *w,
    const struct observe_heard *heard, uint64_t now)
{
	unsigned part = heard->partial ? w->part : THROTTLE_WHOLE;
	uint64_t until = heard->paused ? heard->until : 0;

	/* of a part that nobody has named, others are not held up */
	if (heard->partial && part == THROTTLE_WHOLE &&
	    heard->verdict != BUDGET_THROTTLED)
		return 0;
	if (heard->at_once && !heard->again &&
	    throttle_at_once(t, part, w, now))
		return 0;
	if (heard->backoff)
		until = now + throttle_backoff(t, part, w, heard->base,
		    heard->longest, now);
	if (until > after(now, heard->longest))
		until = after(now, heard->longest);
	return until > now && throttle_pause(t, part, until, now) ? until : 0;
}

/* Whether it is news: no less than TELL_STEP later than what is known. */
static bool
is_news(uint64_t *told, uint64_t until, uint64_t known)
{
	if (until < known + TELL_STEP)
		return false;
	*told = until;
	return true;
}

bool
observe_hear(struct throttle *t, struct throttle_waiter *w,
    const struct observe_heard *heard, uint64_t *told, uint64_t now)
{
	unsigned part = heard->partial ? w->part : THROTTLE_WHOLE;
	bool news = false;
	uint64_t until;

	throttle_verdict(t, w, heard->verdict, now);
	if (heard->shaped && heard->reset > now) {
		throttle_shape(t, part, heard->left, heard->reset, now);
		news = is_news(told, now + (heard->reset - now) /
		    (heard->left + 1), larger(*told, now));
	}
	until = pause_by(t, w, heard, now);
	if (until > 0)
		news |= is_news(told, until, *told > now ? *told : 0);
	return news;
}
