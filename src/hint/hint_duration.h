/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_DURATION_H
#define SLUICE_HINT_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#include "http/http1_str.h"

/*
 * Reads a duration as Go writes it, such as 1h2m3.5s or 12ms, which is all of
 * the string; saturates.  Returns false when it is none.
 */
bool		 hint_duration(struct http1_str, uint64_t *ns);

#endif
