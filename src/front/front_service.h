/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_FRONT_SERVICE_H
#define SLUICE_FRONT_SERVICE_H

#include <stddef.h>
#include <stdint.h>

#include "front/front.h"
#include "tls/tls.h"

/* What differs between a front of the proxy and one of the control plane. */

/* The option that bounds its connections, by name, and how many they are. */
const char	*front_connections_option(enum front_service);
uint64_t	 front_connections(enum front_service, const struct conf *);

/* Most bytes of a body; whoever bounds them himself has no bound here. */
uint64_t	 front_body_max(enum front_service, const struct conf *);

/*
 * The context of the nth address with that text (0: the first), as configured;
 * NULL: there is none, or it has no TLS.
 */
SSL_CTX		*front_certificate(enum front_service, const struct conf *,
		    const char *text, size_t nth);

#endif
