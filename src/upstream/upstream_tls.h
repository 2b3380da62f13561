/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_UPSTREAM_TLS_H
#define SLUICE_UPSTREAM_TLS_H

#include <stdbool.h>

#include "net/failure.h"

struct tls;

#define UPSTREAM_TLS_WHY	256	/* bytes */

/*
 * Returns what a failure of TLS with a host, or a parent, is to clients, and
 * puts it in words into why.
 */
enum failure	 upstream_tls_failure(const struct tls *, bool parent,
		    char why[UPSTREAM_TLS_WHY]);

#endif
