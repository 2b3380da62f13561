/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REFUSAL_SIZE_H
#define SLUICE_REFUSAL_SIZE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "hint/refusal.h"

/*
 * Returns whether an error in JSON says that its request is too large by
 * itself: in a sentence that begins with "Request too large", or in which the
 * number behind "requested" is above the one behind "limit"; and that names no
 * time to wait, unless it says what was used, too.  So no waiting helps, whatever
 * the error is called, and nobody else is over a limit.  date is what instants
 * are measured against (seconds since 1970).
 */
bool		 refusal_size_is_too_large(json_t *, int64_t date);

/*
 * Returns what an error in JSON says was asked for too much of: by its type, or
 * in a sentence ("on requests per minute (RPM)").
 */
enum refusal_unit refusal_size_unit(json_t *);

#endif
