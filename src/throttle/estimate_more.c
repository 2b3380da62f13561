/* SPDX-License-Identifier: ISC */
#include "throttle/estimate_more.h"

#define FIRST		10	/* full windows */
#define SOON		2	/* ... where others have taken some */
#define SELDOM		32	/* ... and go on taking some */
#define MOST		(1 << 20)
#define PAUSE		3600000000000ULL	/* ns */

void
estimate_more_begin(struct estimate_more *m)
{
	*m = (struct estimate_more){ .wait = FIRST, .step = 1 };
}

void
estimate_more_lowered(struct estimate_more *m)
{
	*m = (struct estimate_more){ .wait = SOON, .step = 1 };
}

void
estimate_more_lowered_again(struct estimate_more *m)
{
	m->wait = m->wait < SELDOM ? m->wait : SELDOM;
	m->step = 1;
}

bool
estimate_more_due(const struct estimate_more *m, uint64_t used, uint32_t again,
    uint64_t now)
{
	return m->wait != 0 && now >= m->after &&
	    used >= (m->step > 1 ? again : m->wait);
}

uint32_t
estimate_more_tried(struct estimate_more *m, bool went, bool young,
    uint64_t now)
{
	uint32_t step = m->step;

	if (!went) {
		m->step = 1;
		m->wait = m->wait < MOST ? 2 * m->wait : MOST;
		m->after = young ? now : now + PAUSE;
		return 0;
	}
	m->step = step < MOST ? 2 * step : MOST;
	m->wait = FIRST;
	return step;
}
