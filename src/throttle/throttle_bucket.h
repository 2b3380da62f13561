/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_THROTTLE_BUCKET_H
#define SLUICE_THROTTLE_BUCKET_H

#include <stdint.h>

struct throttle;

/* Takes over the buckets of another throttle. */
void		 throttle_inherit_buckets(struct throttle *,
		    const struct throttle *, uint64_t now);

#endif
