/* SPDX-License-Identifier: ISC */
#include "proxy/keyed.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#define KEY	16	/* bytes, of SipHash */

struct keyed {
	EVP_MAC		*mac;
	EVP_MAC_CTX	*ctx;
};

static unsigned char key[KEY];

bool
keyed_init(void)
{
	return RAND_bytes(key, sizeof key) == 1;
}

struct keyed *
keyed_new(void)
{
	size_t size = sizeof(struct keyed_hash);
	OSSL_PARAM params[] = {
		OSSL_PARAM_size_t(OSSL_MAC_PARAM_SIZE, &size),
		OSSL_PARAM_END,
	};
	struct keyed *k;

	if ((k = calloc(1, sizeof *k)) == NULL)
		return NULL;
	k->mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
	if (k->mac != NULL)
		k->ctx = EVP_MAC_CTX_new(k->mac);
	if (k->ctx == NULL ||
	    EVP_MAC_init(k->ctx, key, sizeof key, params) != 1) {
		keyed_free(k);
		return NULL;
	}
	return k;
}

void
keyed_free(struct keyed *k)
{
	if (k == NULL)
		return;
	EVP_MAC_CTX_free(k->ctx);
	EVP_MAC_free(k->mac);
	free(k);
}

bool
keyed_hash(struct keyed *k, const char *kind, const void *p, size_t n,
    struct keyed_hash *h)
{
	size_t len;

	/* the kind with its terminator, so that no two can be taken for one */
	if (EVP_MAC_init(k->ctx, key, sizeof key, NULL) != 1 ||
	    EVP_MAC_update(k->ctx, (const unsigned char *)kind,
	    strlen(kind) + 1) != 1 ||
	    EVP_MAC_update(k->ctx, p, n) != 1 ||
	    EVP_MAC_final(k->ctx, (unsigned char *)h, &len, sizeof *h) != 1 ||
	    len != sizeof *h)
		return false;
	if (h->a == 0 && h->b == 0)
		h->a = 1;
	return true;
}
