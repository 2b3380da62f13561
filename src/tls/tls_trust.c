/* SPDX-License-Identifier: ISC */
#include "tls/tls_trust.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <uthash.h>

#include "tls/tls_x509.h"

/* Whom to trust; a system's list is long, and read once. */
struct tls_trust {
	UT_hash_handle		 hh;
	X509_STORE		*store;
	char			 name[];	/* a file, or TLS_TRUST_SYSTEM */
};

static bool
fill_store(X509_STORE *store, const char *name, char **cause)
{
	if (strcmp(name, TLS_TRUST_SYSTEM) == 0)
		return X509_STORE_set_default_paths(store) == 1 ||
		    tls_x509_cause(cause, "the system's certificates: %s",
		    tls_x509_reason());
	if (access(name, R_OK) == -1)
		return tls_x509_cause(cause, "%s: %s", name, strerror(errno));
	return X509_STORE_load_file(store, name) == 1 ||
	    tls_x509_cause(cause, "%s: %s, expected a file of PEM "
	    "certificates", name, tls_x509_reason());
}

/*
 * OpenSSL looks into a certificate when it is first used, which then would be
 * by several threads at once.
 */
static void
warm_up(X509_STORE *store)
{
	STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
	X509 *x;
	int i;

	for (i = 0; i < sk_X509_OBJECT_num(objects); i++) {
		x = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
		if (x != NULL)
			(void)X509_check_purpose(x, -1, 0);
	}
	ERR_clear_error();
}

X509_STORE *
tls_trust_need(struct tls_trust **all, const char *name, char **cause)
{
	size_t size = strlen(name) + 1;
	struct tls_trust *trust;

	HASH_FIND_STR(*all, name, trust);
	if (trust != NULL)
		return trust->store;
	if ((trust = calloc(1, sizeof *trust + size)) == NULL)
		return NULL;
	memcpy(trust->name, name, size);
	trust->store = X509_STORE_new();
	if (trust->store == NULL || !fill_store(trust->store, name, cause)) {
		X509_STORE_free(trust->store);
		free(trust);
		return NULL;
	}
	warm_up(trust->store);
	HASH_ADD_KEYPTR(hh, *all, trust->name, size - 1, trust);
	return trust->store;
}

void
tls_trust_free(struct tls_trust *all)
{
	struct tls_trust *trust, *next_trust;

	HASH_ITER(hh, all, trust, next_trust) {
		HASH_DEL(all, trust);
		X509_STORE_free(trust->store);
		free(trust);
	}
}
