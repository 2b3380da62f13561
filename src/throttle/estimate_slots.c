/* SPDX-License-Identifier: ISC */
#include "throttle/estimate_slots.h"

#include "throttle/estimate_more.h"

#define SOON	2	/* times all slots: there may have been more */
#define STRIKES	3	/* it is not that */
#define PROOFS	3	/* that one more may go */
#define FORGIVE	16	/* times all slots */

void
estimate_slots_found(struct estimate_slots *s, uint32_t beside)
{
	if (s->off || beside == 0)
		return;
	if (s->n == 0) {
		estimate_more_begin(&s->more);
		s->more.wait = SOON;
	}
	s->n = beside;
	s->quiet = 0;
}

bool
estimate_slots_refused(struct estimate_slots *s, uint32_t beside)
{
	s->quiet = 0;
	s->went = 0;
	s->trying = false;
	if (++s->strikes >= STRIKES || beside == 0 ||
	    (beside == 1 && s->n > 2)) {
		*s = (struct estimate_slots){ .off = true };
		return false;
	}
	if (beside >= s->n && s->n > 1)
		beside = s->n - 1;
	s->n = beside > 0 ? beside : 1;
	estimate_more_lowered(&s->more);
	return true;
}

void
estimate_slots_went(struct estimate_slots *s, uint32_t flying)
{
	if (s->n == 0 || flying + 1 < s->n)
		return;
	s->quiet++;
	s->seen++;
	if (s->quiet >= (uint64_t)FORGIVE * s->n)
		s->strikes = 0;
}

bool
estimate_slots_wants_more(const struct estimate_slots *s, uint64_t now)
{
	return s->n != 0 && s->went > 0 ? now >= s->more.after :
	    s->n != 0 && estimate_more_due(&s->more, s->quiet / s->n, 1, now);
}

void
estimate_slots_more(struct estimate_slots *s, bool went, uint64_t now)
{
	s->quiet = 0;
	s->trying = false;
	/* one of the others may have been on its way back */
	if (went && ++s->went < PROOFS)
		return;
	s->went = 0;
	s->n += estimate_more_tried(&s->more, went, false, now);
}
