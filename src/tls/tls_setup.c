/* SPDX-License-Identifier: ISC */
#include "tls/tls_setup.h"

#include "tls/tls_pem.h"
#include "tls/tls_x509.h"

const unsigned char tls_setup_alpn[9] = {
	8, 'h', 't', 't', 'p', '/', '1', '.', '1',
};

SSL_CTX *
tls_setup_context(const SSL_METHOD *method)
{
	SSL_CTX *ctx;

	if ((ctx = SSL_CTX_new(method)) == NULL)
		return NULL;
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION);
	/* idle connections cost no buffers; what is sent is what files say */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_NO_AUTO_CHAIN);
	return ctx;
}

bool
tls_setup_files(SSL_CTX *ctx, const char *certificate, const char *key,
    char **cause)
{
	STACK_OF(X509) *chain = NULL;
	EVP_PKEY *pkey = NULL;
	X509 *leaf = NULL;
	bool ok = false;

	*cause = NULL;
	if ((chain = tls_pem_certificates(certificate, cause)) != NULL &&
	    (pkey = tls_pem_key(key, cause)) != NULL) {
		leaf = sk_X509_shift(chain);
		ok = SSL_CTX_use_cert_and_key(ctx, leaf, pkey, chain, 1) == 1;
		if (!ok)
			tls_x509_cause(cause, "%s and %s: %s", certificate, key,
			    tls_x509_reason());
	}
	X509_free(leaf);
	sk_X509_pop_free(chain, X509_free);
	EVP_PKEY_free(pkey);
	return ok;
}
