/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HOST_PATTERN_H
#define SLUICE_HOST_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/http1.h"

/*
 * Host patterns, and which of them wins.
 *
 *	api.example.com		that host, any port
 *	api.example.com:8443	that host and port
 *	*.example.org[:port]	every host below example.org, however deep, but
 *				not example.org itself
 *	*[:port]		every host
 *	192.0.2.1, [2001:db8::1]:80	addresses
 *
 * An exact host beats a wildcard, a longer wildcard a shorter one, and with the
 * same host a pattern with a port beats one without.
 */

struct host_pattern {
	struct http1_host	 host;	/* wildcard: what stands behind "*." */
	bool			 wildcard;	/* "*" alone: host.name is "" */
};

/*
 * Parses a pattern.  NULL when it is one, else what was expected instead: a
 * constant such as "a host name, with or without a port".
 */
const char	*host_pattern_parse(struct host_pattern *, const char *,
		    size_t len) __attribute__((warn_unused_result));

/* A set of patterns, each with a value that the caller owns. */
struct host_pattern_set;

struct host_pattern_set *host_pattern_set_new(void);
void		 host_pattern_set_free(struct host_pattern_set *);

/*
 * Adds a pattern.  *there is NULL when it was added, the value that stands
 * there when an equal pattern (in canonical form) is in the set already.
 * Returns false without memory; then nothing has changed.
 */
bool		 host_pattern_set_add(struct host_pattern_set *,
		    const struct host_pattern *, void *value, void **there)
		    __attribute__((warn_unused_result));

/*
 * The value of the pattern that wins for a host (its port set), or NULL.
 * O(labels of the host), whatever the number of patterns.
 */
void		*host_pattern_set_match(const struct host_pattern_set *,
		    const struct http1_host *);

#endif
