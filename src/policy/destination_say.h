/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_DESTINATION_SAY_H
#define SLUICE_DESTINATION_SAY_H

#include "policy/destination.h"

/* Verdicts in words. */

/*
 * Writes why, for people: "169.254.169.254 is metadata, which is denied to all
 * (destinations.deny, line 7)".  Returns buf.
 */
#define DESTINATION_TEXT	384
const char	*destination_say(char buf[DESTINATION_TEXT],
		    const struct destination_verdict *);

#endif
