/* SPDX-License-Identifier: ISC */
#include "base/digest.h"

#include <stdio.h>

#include <openssl/evp.h>

bool
digest_text(char out[DIGEST_TEXT], const void *p, size_t n)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len;

	if (EVP_Digest(p, n, hash, &len, EVP_sha256(), NULL) != 1)
		return false;
	EVP_EncodeBlock((unsigned char *)out, hash, (int)len);
	return true;
}

bool
digest_sha1(char out[DIGEST_SHA1], const void *p, size_t n)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len, i;

	if (EVP_Digest(p, n, hash, &len, EVP_sha1(), NULL) != 1 ||
	    2 * len + 1 != DIGEST_SHA1)
		return false;
	for (i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
	return true;
}
