/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_TLS_LOCKED_H
#define SLUICE_TLS_LOCKED_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

/*
 * Memory for private keys that is never swapped out, nor part of a core dump,
 * and wiped when it is freed: as long as there is room, which is enough for two
 * dozen keys.
 */

/*
 * To be called once, before there are other threads.  Returns false with errno
 * where memory cannot be locked: keys are then kept like all else.
 */
bool		 tls_locked_init(void) __attribute__((warn_unused_result));

/*
 * Moves a key there; where that cannot be it stays where it is.  Takes the
 * reference, which must be the only one, and returns the caller's.
 */
EVP_PKEY	*tls_locked_key(EVP_PKEY *);

/* Returns how many bytes of it are in use. */
size_t		 tls_locked_used(void);

#endif
