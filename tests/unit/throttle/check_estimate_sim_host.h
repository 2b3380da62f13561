/* SPDX-License-Identifier: ISC */
#ifndef CHECK_ESTIMATE_SIM_HOST_H
#define CHECK_ESTIMATE_SIM_HOST_H

#include <math.h>

#include "check_estimate_sim_events.h"

/* Hosts that enforce limits in the ways in use. */

static uint64_t
burst_of(const struct origin_limit *l)
{
	return l->burst != 0 ? l->burst : l->n;
}

static void
origin_start(struct origin_limit *l, struct sim *s)
{
	l->phase = (uint64_t)(any(s) * (double)l->w);
	l->tokens = (double)burst_of(l);
	l->log = calloc(l->n, sizeof *l->log);
	must(l->log != NULL);
}

/* How many it takes for used, of windows that begin at fixed instants. */
static uint64_t
origin_used(struct origin_limit *l, uint64_t now)
{
	uint64_t window = (now + l->phase) / l->w;
	double rest;

	if (window != l->window) {
		l->before = window == l->window + 1 ? l->count : 0;
		l->window = window;
		l->count = 0;
	}
	if (l->kind == FIXED)
		return l->count;
	rest = (double)((window + 1) * l->w - l->phase - now);
	return l->count + (uint64_t)((double)l->before * rest / (double)l->w);
}

/* How long until it admits one, as it says (ns); 0: now. */
static uint64_t
origin_wait(struct origin_limit *l, uint64_t now)
{
	switch (l->kind) {
	case FIXED:
	case COUNTED:
		return origin_used(l, now) < l->n ? 0 :
		    (l->window + 1) * l->w - l->phase - now;
	case SLIDING:
		return l->log[l->at] == 0 || l->log[l->at] + l->w <= now ? 0 :
		    l->log[l->at] + l->w - now;
	case BUCKET:
		l->tokens += (double)(now - l->last) * (double)l->n /
		    (double)l->w;
		if (l->tokens > (double)burst_of(l))
			l->tokens = (double)burst_of(l);
		l->last = now;
		return l->tokens >= 1 ? 0 : (uint64_t)((1 - l->tokens) *
		    (double)l->w / (double)l->n) + 1;
	default:
		return l->count < l->n ? 0 : l->w;
	}
}

static void
origin_admit(struct origin_limit *l, uint64_t now)
{
	l->count++;
	l->tokens -= 1;
	if (l->kind != SLIDING)
		return;
	l->log[l->at] = now;
	l->at = (l->at + 1) % l->n;
}

/* One is refused; returns how long until it admits one then (ns). */
static uint64_t
origin_refuse(struct origin_limit *l, uint64_t wait, uint64_t now)
{
	if (!l->greedy)
		return wait;
	origin_admit(l, now);
	if (l->tokens < 0)
		l->tokens = 0;
	return origin_wait(l, now);
}

/* How many more it would admit, and for how long, so to say (ns). */
static uint64_t
origin_left(const struct origin_limit *l, uint64_t now, uint64_t *reset)
{
	uint64_t left = 0, i, at;

	if (l->kind == FIXED) {
		*reset = (l->window + 1) * l->w - l->phase - now;
		return l->n - l->count;
	}
	if (l->kind == BUCKET) {
		*reset = (uint64_t)(((double)burst_of(l) - l->tokens) *
		    (double)l->w / (double)l->n);
		return (uint64_t)l->tokens;
	}
	*reset = l->w;
	for (i = 0; i < l->n; i++) {
		at = l->log[(l->at + i) % l->n];
		if (at == 0 || at + l->w <= now)
			left++;
		else if (at + l->w - now < *reset)
			*reset = at + l->w - now;
	}
	return left;
}

/* Returns whether it admits one now; else *wait is how long it does not. */
static bool
origin_asked(struct trial *x, uint64_t now, uint64_t *wait)
{
	uint64_t w;
	unsigned i;

	*wait = 0;
	if (x->changed != 0 && now >= x->changed &&
	    x->limits[0].n != x->changed_n) {
		free(x->limits[0].log);
		x->limits[0].n = x->changed_n;
		x->limits[0].log = calloc(x->changed_n,
		    sizeof *x->limits[0].log);
		must(x->limits[0].log != NULL);
		x->limits[0].at = 0;
	}
	if (now >= x->down && now < x->down_until) {
		*wait = x->down_until - now;
		return false;
	}
	for (i = 0; i < x->nlimits; i++)
		if ((w = origin_wait(&x->limits[i], now)) > 0 &&
		    (w = origin_refuse(&x->limits[i], w, now)) > *wait)
			*wait = w;
	for (i = 0; *wait == 0 && i < x->nlimits; i++)
		origin_admit(&x->limits[i], now);
	return *wait == 0;
}

/* How long it works on one that it admits (ns). */
static uint64_t
origin_work(struct sim *s)
{
	if (s->trial->quick != 0 && any(s) * 100 < s->trial->quick)
		return 0;
	if (s->trial->uneven)
		return (uint64_t)(-log(1 - any(s)) * (double)s->trial->work);
	return s->trial->work;
}

#endif
