/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_PROXY_STATUS_H
#define SLUICE_PROXY_STATUS_H

#include <stdint.h>

/*
 * What a response's fields tell of the way it took here: Proxy-Status
 * (RFC 9209) and Server-Timing.  Pure.
 */

struct text;

#define PROXY_STATUS_NAME	"sluice"

/*
 * Puts a relayed answer's Proxy-Status: the status that was received, or 0
 * where that need not be told, and how often the request was sent again after a
 * refusal.  Puts nothing where there is nothing to tell.
 */
void	 proxy_status_put(struct text *, int status, unsigned resent);

/*
 * How long (ns) a request was held, and how often it was sent again, as the
 * line of Server-Timing; empty where there is nothing to tell.  Returns buf.
 */
#define PROXY_STATUS_TIMING	96
const char *proxy_status_timing(char buf[PROXY_STATUS_TIMING], uint64_t wait,
	    unsigned resent);

#endif
