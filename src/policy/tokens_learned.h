/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TOKENS_LEARNED_H
#define SLUICE_TOKENS_LEARNED_H

#include <stdint.h>

/*
 * What requests of one kind have used lately: of each kind the last
 * TOKENS_LEARNED_LAST amounts, of TOKENS_LEARNED_KINDS kinds, of which the one
 * that was not used for longest is forgotten for another.
 */

#define TOKENS_LEARNED_KINDS	256
#define TOKENS_LEARNED_LAST	32
#define TOKENS_LEARNED_LEAST	10	/* before anything is said */

struct tokens_learned;

/* Returns one; NULL without memory. */
struct tokens_learned *tokens_learned_new(void);
void		 tokens_learned_free(struct tokens_learned *);

/* Notes what one of that kind has used. */
void		 tokens_learned_note(struct tokens_learned *, uint64_t kind,
		    uint64_t amount);

/*
 * Returns what nine of ten have not used more than; UINT64_MAX where too few are
 * known.
 */
uint64_t	 tokens_learned(struct tokens_learned *, uint64_t kind);

#endif
