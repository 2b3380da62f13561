/* SPDX-License-Identifier: ISC */

#include "throttle/estimate_era.h"

#include "throttle/larger.h"

#define SECOND	1000000000ULL	/* ns */

uint64_t
estimate_era_closed(const struct estimate_era *era)
{
	return larger(since(era->refused, era->shut),
	    era->named ? since(SECOND, era->closed) : 0);
}
