/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_ESTIMATE_PROBE_H
#define SLUICE_ESTIMATE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * When to ask whether a host is open again, of which nothing is known: at
 * distances that people choose for windows, each about a quarter longer than the
 * one before.
 */

/* Returns the first such instant (ns) after now, counted from an instant. */
uint64_t	 estimate_probe_next(uint64_t from, uint64_t now);

/* Returns whether a length (ns) is one of these, but for a hundredth. */
bool		 estimate_probe_is_round(uint64_t length);

/* Returns the one that a length (ns) is, or the length in whole ms. */
uint64_t	 estimate_probe_round(uint64_t length);

/* Returns the longest round length up to a length (ns); 0 where there is none. */
uint64_t	 estimate_probe_below(uint64_t length);

#endif
