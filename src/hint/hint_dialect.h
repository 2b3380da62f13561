/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_DIALECT_H
#define SLUICE_HINT_DIALECT_H

#include "hint/hint_field.h"

/* By whose fields are known; HINT_NONE where they are not. */
struct hint_name		 hint_name(struct http1_str);
const struct hint_slot_kind	*hint_slot_kind(enum hint_slot);

#endif
