/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_SHARE_H
#define SLUICE_ESTIMATE_SHARE_H

#include "throttle/estimate.h"

/*
 * An estimate that several proxies have in turn (lease_learn.h).  What is on its
 * way from one while another has it, is taken for counted, and says nothing.
 */

/*
 * It is to be shared from now on, with what is known here.  Others were admitted,
 * too, if the host has refused for the first time: they tell what they know.
 */
void		 estimate_share_begin(struct estimate *, uint64_t now);

/*
 * Returns how many have gone since the first one, in the time before anybody was
 * refused, and sets *ago to how long ago that was (ns), and *late to how many of
 * them were on their way at the first refusal; 0: none.
 */
uint64_t	 estimate_share_went(const struct estimate *, uint64_t now,
		    uint64_t *ago, uint64_t *late);

/*
 * So many have gone elsewhere before it was shared, and late ones of them: as
 * estimate_share_went() says there.
 */
void		 estimate_share_merge(struct estimate *, uint64_t n,
		    uint64_t late, uint64_t ago, uint64_t now);

/*
 * Takes what another one has written gone (ns) ago, as of now.  Returns false
 * where that is damaged, or without memory: it has stayed as it was then.
 */
bool		 estimate_share_load(struct estimate *, const char *text,
		    uint64_t gone, uint64_t now)
		    __attribute__((warn_unused_result));

/* Each one is as so many from now on, for all that is known of rates. */
void		 estimate_share_peers(struct estimate *, uint64_t peers);

/* So many are on their way from others. */
void		 estimate_share_abroad(struct estimate *, uint64_t n);

/* Returns for how long what is known may matter (ns). */
uint64_t	 estimate_share_memory(const struct estimate *);

#endif
