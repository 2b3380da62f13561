/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ADMIN_NAMES_H
#define SLUICE_ADMIN_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* Lists of names in one text, a space between two: "level for reason". */

/* Returns whether the list has that name. */
bool		 admin_names_has(const char *names, const char *name);
/* The list as people read it: "level, for, reason".  Returns buf, or none. */
const char	*admin_names_list(char *buf, size_t size, const char *names,
		    const char *none);
/* The same of words that NULL ends: "a, b or c".  Returns buf. */
const char	*admin_names_words(char *buf, size_t size,
		    const char *const *words);

#endif
