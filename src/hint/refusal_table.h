/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REFUSAL_TABLE_H
#define SLUICE_REFUSAL_TABLE_H

#include "hint/refusal.h"

/* Returns the rules that are built in, and in *n how many. */
const struct refusal_rule *refusal_builtin(unsigned *n);

#endif
