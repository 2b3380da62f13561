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

#define DIGEST_SHA1	41	/* bytes of one, with its end */

/*
 * Writes the SHA-1 of n bytes in hexadecimal digits, by which a Redis knows a
 * script; it proves nothing.  Returns as digest_text().
 */
bool		 digest_sha1(char out[DIGEST_SHA1], const void *, size_t n)
		    __attribute__((warn_unused_result));

#endif
