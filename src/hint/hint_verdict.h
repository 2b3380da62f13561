/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_VERDICT_H
#define SLUICE_HINT_VERDICT_H

#include "hint/hint_reading.h"

/* What all that was read means together. */
void	 hint_verdict(struct hint_reading *);

#endif
