/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STATE_HEAD_H
#define SLUICE_STATE_HEAD_H

#include "base/client_hash.h"
#include "base/text.h"
#include "exchange/via.h"
#include "hosts/hosts_state.h"

/*
 * The first line of the file of the state: its version, and what all records
 * need.  As long as the version is 1 another release may add to it.
 */

#define STATE_BOOT	64	/* bytes of a boot's name, with its end */

struct state_head {
	char			 boot[STATE_BOOT];	/* "": not known */
	unsigned char		 key[CLIENT_HASH_KEY];
	uint64_t		 store;		/* its name there; 0: none */
	char			 via[VIA_OWN];
};

/* Fills it in with what holds for this process. */
void		 state_head_init(struct state_head *);
/* Has this process use the name of an earlier one, and its key, if wanted. */
void		 state_head_adopt(struct state_head *,
		    const struct state_head *before, bool key);

void		 state_head_put(const struct state_head *, struct text *);
/*
 * Reads it from the beginning of a text, which is changed.  Returns what is
 * behind it; NULL with *why where it is none, or one of a newer version.
 */
char		*state_head_read(struct state_head *, char *text,
		    const char **why);

/* Returns what time it is. */
struct hosts_instant state_now(void);

#endif
