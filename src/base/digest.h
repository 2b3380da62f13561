/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_DIGEST_H
#define SLUICE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_TEXT	45	/* bytes of one, with its end */

/*
 * Writes the SHA-256 of n bytes in Base64 (RFC 4648 4), as a policy of a page's
 * contents has it.  Returns false where OpenSSL has no memory for that.
 */
bool		 digest_text(char out[DIGEST_TEXT], const void *, size_t n)
		    __attribute__((warn_unused_result));

#endif
