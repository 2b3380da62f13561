/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_EXCHANGE_INSIDE_H
#define SLUICE_EXCHANGE_INSIDE_H

#include <stdbool.h>

#include "exchange/relay_inside.h"

/*
 * Clients of a host with "https: upstream" stay where their requests are seen:
 * by what answers tell them, and by which tunnels they get.
 */

struct exchange;

/*
 * Returns what is to be changed in the answers of an exchange's host, written
 * into *inside; NULL: nothing.
 */
const struct relay_inside *exchange_inside(const struct exchange *,
		    struct relay_inside *inside);

/*
 * Returns why a tunnel for https:// URLs of its host is refused, for the client
 * to read; NULL: it is not.
 */
const char	*exchange_inside_refuses(const struct exchange *);

#endif
