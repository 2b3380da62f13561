/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REFUSAL_JUDGE_H
#define SLUICE_REFUSAL_JUDGE_H

#include "hint/refusal.h"

/*
 * Judges a body by n rules; the first that is met counts.  A delay is a number
 * of seconds or a text with one, a duration ("23.4s"), an instant, or an object
 * of seconds and nanos; of several the longest.  date (seconds since 1970)
 * is what instants are measured against.  Returns false when it is no refusal;
 * then no_retry is known all the same.
 */
bool		 refusal_judge(const struct refusal_rule *const *, unsigned n,
		    const struct refusal_body *, int64_t date,
		    struct refusal *);

/* Returns whether the rule needs the body as JSON. */
bool		 refusal_reads_json(const struct refusal_rule *);

#endif
