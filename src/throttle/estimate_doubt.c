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

uint64_t
estimate_doubt_next(const struct estimate *e, uint64_t now)
{
	return now + SOON + (e->asked > 0 ? (now - e->refused) / 3 : 0);
}
