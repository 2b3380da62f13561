/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_PERMIT_H
#define SLUICE_PERMIT_H

#include <stdbool.h>

#include "policy/destination.h"

/*
 * Whether a client may go somewhere, by the configuration as it is now and by
 * what this process listens at.
 */

struct dialer;
struct sockaddr;

/*
 * Judges a host (its port set) before it is resolved: by its name, or by its
 * address if that is what it is.
 */
struct destination_verdict permit_host(const struct dialer *,
		    const struct http1_host *, bool stranger);

/* Judges an address of that host, about to be connected to. */
struct destination_verdict permit_address(const struct dialer *,
		    const struct http1_host *, bool stranger,
		    const struct sockaddr *);

/*
 * Judges a host that a parent is asked for, which resolves its name: what can
 * be told by that, or by its address.  This machine's name is an address to
 * everybody.
 */
struct destination_verdict permit_beyond(const struct dialer *,
		    const struct http1_host *, bool stranger);

/*
 * Judges an address of a parent, which the configuration names: it may be
 * anything but what this process listens at.
 */
struct destination_verdict permit_parent(const struct dialer *,
		    const struct http1_host *, const struct sockaddr *);

#endif
