/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_MATCH_H
#define SLUICE_ADMIN_MATCH_H

#include <stdbool.h>

/*
 * Returns whether a name is what a search asks for, without regard to case: a
 * text that it contains, or with * in it a pattern of all of it.
 */
bool		 admin_match(const char *search, const char *name);

#endif
