/* SPDX-License-Identifier: ISC */
#include "throttle/estimate_told.h"

#include <stdlib.h>

#include "throttle/estimate_log.h"
#include "throttle/estimate_window.h"

/* Whether there is a window in force. */
static bool
has_window(const struct estimate *e, unsigned i)
{
	return e->windows != NULL && e->windows[i].n != 0;
}

void
estimate_named(struct estimate *e, uint64_t until)
{
	if (e->phase != ESTIMATE_SHUT || until <= e->next)
		return;
	e->next = until;
	e->named = true;
}

void
estimate_told(struct estimate *e, uint64_t n, uint64_t window, uint64_t now)
{
	struct estimate_window *w;
	bool new;

	if (n == 0 || window == 0 || e->pace.on || e->slots.n != 0 ||
	    (n == e->told_n && window == e->told_window))
		return;
	if (e->windows == NULL)
		e->windows = calloc(ESTIMATE_WINDOWS, sizeof *e->windows);
	if (e->windows == NULL)
		return;
	w = &e->windows[0];
	new = w->n == 0;
	e->told_n = n;
	e->told_window = window;
	estimate_window_set(w, n, window, window, e->uncounted, now);
	w->told = true;
	if (!new)
		return;
	estimate_log_fill(&e->log, &w->window, now);
	/* more went than two windows in a row allow: it is of something else */
	if ((w->window.counted + w->window.debt) / ESTIMATE_UNIT > 2 * n)
		w->n = 0;
}

bool
estimate_is_spent(const struct estimate *e, uint64_t now)
{
	unsigned i;

	for (i = 0; i < ESTIMATE_WINDOWS; i++)
		if (has_window(e, i) &&
		    estimate_window_is_sure(&e->windows[i]) &&
		    estimate_window_due(&e->windows[i]) > now)
			return true;
	return false;
}
