/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REFUSAL_PICK_H
#define SLUICE_REFUSAL_PICK_H

#include "hint/refusal.h"

/*
 * Adds to picked, which has n, those rules that may say something of a response
 * with this head to a request for this path (with its query, or p NULL), by
 * its status, its fields and the type and length of its body.  Returns how many
 * there are then, at most REFUSAL_RULES.  Event streams and
 * bodies that are not told to be text or JSON are judged by none; those of a
 * success only where they are told to be JSON, or text for a text.
 */
unsigned	 refusal_pick(const struct refusal_rule *, unsigned nrules,
		    const struct http1_head *, struct http1_str path,
		    const struct refusal_rule **picked, unsigned n);

/*
 * Whether a body that was picked for may say that no waiting helps: it is JSON, as
 * far as its head tells, and one of the n rules reads that.
 */
bool		 refusal_may_be_final(const struct refusal_rule *const *,
		    unsigned n, const struct http1_head *);

#endif
