/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_RULE_METHODS_H
#define SLUICE_RULE_METHODS_H

#include <stdbool.h>
#include <stddef.h>

#include "http/http1.h"

/* A list of methods, as a rule has them. */

/* Whether that method is among them. */
bool		 rule_methods_have(char *const *methods, size_t n,
		    struct http1_str);
void		 rule_methods_free(char **methods, size_t n);

#endif
