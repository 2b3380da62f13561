/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REFUSAL_TABLE_H
#define SLUICE_REFUSAL_TABLE_H

#include "hint/refusal.h"

/* The rules that are built in, and how many. */
const struct refusal_rule *refusal_builtin(unsigned *n);

#endif
