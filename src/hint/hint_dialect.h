/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_DIALECT_H
#define SLUICE_HINT_DIALECT_H

#include "hint/hint_field.h"

/*
 * Returns what a field of that name says: by the tables of dialects, else by
 * its words (hint_form()); its role is HINT_NONE when that is nothing of
 * limits.
 */
struct hint_name		 hint_name(struct http1_str);

/* Returns what all fields of that slot have in common. */
const struct hint_slot_kind	*hint_slot_kind(enum hint_slot);

#endif
