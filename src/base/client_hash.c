/* SPDX-License-Identifier: ISC */
#include "base/client_hash.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

struct client_hasher {
	EVP_MAC		*mac;
	EVP_MAC_CTX	*ctx;
};

static unsigned char key[CLIENT_HASH_KEY];

bool
client_hash_init(void)
{
	return RAND_bytes(key, sizeof key) == 1;
}

void
client_hash_key(unsigned char to[CLIENT_HASH_KEY])
{
	memcpy(to, key, sizeof key);
}

void
client_hash_set_key(const unsigned char from[CLIENT_HASH_KEY])
{
	memcpy(key, from, sizeof key);
}

struct client_hasher *
client_hasher_new(void)
{
	size_t size = sizeof(struct client_hash);
	OSSL_PARAM params[] = {
		OSSL_PARAM_size_t(OSSL_MAC_PARAM_SIZE, &size),
		OSSL_PARAM_END,
	};
	struct client_hasher *k;

	if ((k = calloc(1, sizeof *k)) == NULL)
		return NULL;
	k->mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
	if (k->mac != NULL)
		k->ctx = EVP_MAC_CTX_new(k->mac);
	if (k->ctx == NULL ||
	    EVP_MAC_init(k->ctx, key, sizeof key, params) != 1) {
		client_hasher_free(k);
		return NULL;
	}
	return k;
}

void
client_hasher_free(struct client_hasher *k)
{
	if (k == NULL)
		return;
	EVP_MAC_CTX_free(k->ctx);
	EVP_MAC_free(k->mac);
	free(k);
}

bool
client_hash(struct client_hasher *k, const char *kind, const void *p, size_t n,
    struct client_hash *h)
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
