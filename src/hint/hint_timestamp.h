/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HINT_TIMESTAMP_H
#define SLUICE_HINT_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "http/http1_str.h"

/*
 * Reads an ISO 8601 (RFC 3339) timestamp, which is all of the string; without a
 * zone it is UTC.  Returns false when it is none.
 */
bool		 hint_timestamp(struct http1_str, int64_t *seconds,
		    uint32_t *nano);

#endif
