/* SPDX-License-Identifier: ISC */
#include "throttle/estimate_view.h"

#include <stdio.h>

#include "base/words.h"
#include "throttle/estimate_probe.h"
#include "throttle/larger.h"

#define MS	1000000ULL
#define DOUBT	4	/* times used up for half of all confidence */
#define TOLD	95	/* percent */

static unsigned
confidence(uint64_t clean)
{
	return (unsigned)(100 * clean / (clean + DOUBT));
}

static void
add_window(struct estimate_view *v, const struct estimate_window *w)
{
	if (w->n == 0)
		return;
	v->limits[v->nlimits++] = (struct estimate_limit){
		.kind = ESTIMATE_WINDOW,
		.n = w->n,
		.period = estimate_probe_round(w->ok),
		.told = w->told,
		.seen = w->seen,
		.clean = w->clean,
		.confidence = w->told ? TOLD : confidence(w->clean),
	};
}

static void
add_bucket(struct estimate_view *v, const struct estimate_pace *p)
{
	uint64_t n, clean = p->went - p->went_then;

	if (!p->on)
		return;
	n = larger((60 * 1000 * MS + p->interval / 2) / p->interval, 1);
	v->limits[v->nlimits++] = (struct estimate_limit){
		.kind = ESTIMATE_BUCKET,
		.n = n,
		.period = n > 1 ? 60 * 1000 * MS : p->interval,
		.burst = larger(p->burst, 1),
		.seen = p->went,
		.clean = clean,
		.confidence = confidence(p->went / 16),
	};
}

static void
add_slots(struct estimate_view *v, const struct estimate_slots *s)
{
	if (s->n == 0)
		return;
	v->limits[v->nlimits++] = (struct estimate_limit){
		.kind = ESTIMATE_SLOTS,
		.n = s->n,
		.seen = s->seen,
		.clean = s->quiet,
		.confidence = confidence(s->seen / s->n),
	};
}

void
estimate_view(const struct estimate *e, struct estimate_view *v)
{
	unsigned i;

	*v = (struct estimate_view){ .on = false };
	if (e == NULL || e->told_only)
		return;
	v->on = true;
	v->phase = e->phase;
	v->refusals = e->refusals;
	v->peak = e->peak;
	/* a window and a bucket may both be in force, and so may two windows */
	for (i = 0; e->windows != NULL && i < ESTIMATE_WINDOWS; i++)
		add_window(v, &e->windows[i]);
	add_bucket(v, &e->pace);
	add_slots(v, &e->slots);
}

const char *
estimate_evidence(char buf[ESTIMATE_EVIDENCE], const struct estimate_limit *l)
{
	unsigned long long n = l->n, seen = l->seen, clean = l->clean;
	char period[WORDS];

	if (l->told)
		snprintf(buf, ESTIMATE_EVIDENCE, "%llu per %s: the host says "
		    "so", n, words_duration(period, l->period));
	else if (l->kind == ESTIMATE_WINDOW)
		snprintf(buf, ESTIMATE_EVIDENCE, "%llu per %s: %llu window%s, "
		    "0 refusals in the last %llu", n,
		    words_duration(period, l->period), seen,
		    seen == 1 ? "" : "s", clean);
	else if (l->kind == ESTIMATE_BUCKET)
		snprintf(buf, ESTIMATE_EVIDENCE, "%llu per %s: %llu requests "
		    "between refusals, 0 refusals in the last %llu", n,
		    words_duration(period, l->period), seen, clean);
	else
		snprintf(buf, ESTIMATE_EVIDENCE, "%llu at a time: %llu "
		    "request%s with all in use, 0 refusals in the last %llu",
		    n, seen, seen == 1 ? "" : "s", clean);
	return buf;
}
