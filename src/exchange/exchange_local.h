/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_LOCAL_H
#define SLUICE_EXCHANGE_LOCAL_H

#include <stdbool.h>

/*
 * Requests that are answered here: TRACE and OPTIONS, by Max-Forwards (RFC 9110
 * 7.6.2) or because they are for the proxy itself, and probes.
 */

/*
 * What is below this path of any host is the proxy's (RFC 8615).  Whoever gets
 * the answer has come here, and trusts its CA where the host is intercepted;
 * no host is asked.
 */
#define EXCHANGE_PROBE	"/.well-known/sluice/"

struct exchange;
struct http1_head;

/*
 * Answers it where it ends here by its own words.  Returns false when it is not
 * one of those.
 */
bool	 exchange_local(struct exchange *, const struct http1_head *);

#endif
