/* SPDX-License-Identifier: ISC */
#include "throttle/estimate_doubt.h"

#include <stddef.h>

#define FEW	3	/* times that a window was used up: it may be none */
#define SOON	500000000ULL	/* ns, where the host does not say when */

bool
estimate_may_doubt(const struct estimate *e, const struct estimate_mark *mark)
{
	const struct estimate_window *w = e->windows;

	return mark->again && e->firsts <= 1 && e->pace.seen <= 1 &&
	    (w == NULL || w->n == 0 || (!w->told && w->seen <= FEW));
}

void
estimate_doubt(struct estimate *e, const struct estimate_mark *mark,
    uint64_t now)
{
	e->doubted = true;
	e->phase = ESTIMATE_SHUT;
	e->refused = e->shut = mark->sent;
	e->asked = e->beside = 0;
	e->asking = e->named = e->emptied = false;
	e->next = now + SOON;
}

void
estimate_doubt_on(struct estimate *e, const struct estimate_mark *mark,
    uint64_t now)
{
	e->asking = e->named = false;
	e->shut = mark->sent;
	e->asked++;
	e->next = now + SOON + (now - e->refused) / 3;
}
