/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_DESTINATION_CLASS_H
#define SLUICE_DESTINATION_CLASS_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/network.h"

/* What an address is, as far as that decides who may go there. */

enum destination_class {
	DESTINATION_PUBLIC,		/* of the Internet: no other of these */
	DESTINATION_OWN,		/* what this process listens at */
	DESTINATION_METADATA,		/* clouds tell their machines secrets */
	DESTINATION_LINK_LOCAL,		/* RFC 3927, RFC 4291 2.5.6 */
	DESTINATION_LOOPBACK,
	DESTINATION_PRIVATE,		/* not of the Internet otherwise */
	DESTINATION_CLASSES,
};

/*
 * Returns the class of an address, which is not DESTINATION_OWN: that depends
 * on more than an address.  *within is the network that makes it so, constant;
 * NULL for a public one.
 */
enum destination_class destination_class(const struct network *address,
		    const struct network **within);

/*
 * Returns the class of a word of configurations, "link-local", of len bytes;
 * DESTINATION_PUBLIC, which has none, for what is no word.
 */
enum destination_class destination_class_named(const char *, size_t len);

#endif
