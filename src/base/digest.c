/* SPDX-License-Identifier: ISC */
#include "base/digest.h"

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
