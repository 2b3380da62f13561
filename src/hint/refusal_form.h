/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_REFUSAL_FORM_H
#define SLUICE_REFUSAL_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "hint/refusal.h"

/* What errors say by the form of their keys and words. */

/*
 * Returns whether an error in JSON is named as one of a rate limit: a string
 * that is no more than that (RATE_LIMITED, "Too many requests") under code,
 * error, type and the like, or with a status of 429, at the top, or within
 * errors, to a depth of 5.  What an error's code does not say, neither its
 * other names nor those in its details do.
 * within: within "errors" only, because the top is no error (GraphQL).
 */
bool		 refusal_form_is_limit(json_t *, enum refusal_names,
		    bool within);

/*
 * Finds for how long (ns), by keys that say so (retry_after_ms, retryAfter;
 * else reset_in and the like), the longest; date is what instants are measured
 * against (seconds since 1970).  Returns false when no key says it.
 */
bool		 refusal_form_delay(json_t *, int64_t date, uint64_t *ns);

/*
 * Returns whether no waiting helps: by a key that says whether to send it again
 * (retryable: false), or by the name of an error that somebody has to pay
 * for (insufficient_quota).
 */
bool		 refusal_form_is_final(json_t *);

/*
 * The same of a text that is XML or a page, by its elements; false where it is
 * neither.
 */
bool		 refusal_form_is_xml_limit(const char *, size_t n,
		    enum refusal_names);
bool		 refusal_form_xml_delay(const char *, size_t n, int64_t date,
		    uint64_t *ns);

#endif
