/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_DESK_PART_H
#define SLUICE_STORE_DESK_PART_H

#include <stddef.h>
#include <stdint.h>

/* What a desk passes on of the parts that hosts name (store_part.h). */

struct store_entry;

/* Says what its host has learned of them. */
void		 store_desk_say_parts(struct store_entry *);
/* Its host hears such words. */
void		 store_desk_hear_part(struct store_entry *, const char *words,
		    size_t len, uint64_t now);

#endif
