/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "tls/tls_pem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/secret.h"
#include "tls/tls_locked.h"
#include "tls/tls_x509.h"

/*
 * A file is looked at through the descriptor that it is then read from, so
 * that it cannot be exchanged in between.
 */

/* Only regular files: anything else may block, or never end. */
static bool
check_file(const char *path, int fd, struct stat *st, char **cause)
{
	if (fstat(fd, st) == -1)
		return tls_x509_cause(cause, "%s: %s", path, strerror(errno));
	if (S_ISDIR(st->st_mode))
		return tls_x509_cause(cause, "%s: a directory, expected a "
		    "file", path);
	if (!S_ISREG(st->st_mode))
		return tls_x509_cause(cause, "%s: not a regular file, "
		    "expected one", path);
	return true;
}

/* Closed with the BIO. */
static BIO *
open_file(const char *path, struct stat *st, char **cause)
{
	BIO *in;
	int fd;

	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd == -1) {
		tls_x509_cause(cause, "%s: %s", path, strerror(errno));
		return NULL;
	}
	if (!check_file(path, fd, st, cause)) {
		close(fd);
		return NULL;
	}
	if ((in = BIO_new_fd(fd, BIO_CLOSE)) == NULL) {
		tls_x509_cause(cause, "out of memory");
		close(fd);
	}
	return in;
}

static const char *
what(mode_t bits)
{
	return bits & 4 ? "read" : bits & 2 ? "write" : "execute";
}

/* What the header says of owner and mode. */
static bool
check_secret(const char *path, const struct stat *st, char **cause)
{
	mode_t mode = st->st_mode & 07777;
	mode_t group = mode >> 3 & 7, others = mode & 7;

	if (st->st_uid != 0 && st->st_uid != geteuid())
		return tls_x509_cause(cause, "%s: belongs to user %u, "
		    "expected root or user %u", path, (unsigned)st->st_uid,
		    (unsigned)geteuid());
	if (others != 0)
		return tls_x509_cause(cause, "%s: mode %04o lets others %s "
		    "it, expected 0600", path, mode, what(others));
	if (st->st_uid == 0)
		group &= ~4u;
	if (group != 0)
		return tls_x509_cause(cause, "%s: mode %04o lets its group %s "
		    "it, expected 0600", path, mode, what(group));
	return true;
}

/* Never asks on the terminal; notes that there was something to ask. */
static int
no_passphrase_cb(char *buf, int size, int writing, void *arg)
{
	bool *asked = arg;

	(void)buf;
	(void)size;
	(void)writing;
	*asked = true;
	return -1;
}

EVP_PKEY *
tls_pem_key(const char *path, char **cause)
{
	EVP_PKEY *key = NULL;
	bool asked = false;
	struct stat st;
	BIO *in;

	if ((in = open_file(path, &st, cause)) == NULL)
		return NULL;
	if (check_secret(path, &st, cause)) {
		secret_guard();
		key = PEM_read_bio_PrivateKey(in, NULL, no_passphrase_cb,
		    &asked);
		if (key == NULL)
			tls_x509_cause(cause, asked ? "%s: has a passphrase, "
			    "expected a private key without one" :
			    "%s: no private key in PEM", path);
	}
	if (key != NULL)
		key = tls_locked_key(key);
	BIO_free(in);
	/* a good key too leaves errors: of what it was tried as in vain */
	ERR_clear_error();
	return key;
}

/* Until one cannot be read; true when that was the end of the file. */
static bool
read_all(BIO *in, STACK_OF(X509) *certs)
{
	unsigned long err;
	X509 *cert;

	while ((cert = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
		if (sk_X509_push(certs, cert) <= 0) {
			X509_free(cert);
			return false;
		}
	}
	err = ERR_peek_last_error();
	return ERR_GET_LIB(err) == ERR_LIB_PEM &&
	    ERR_GET_REASON(err) == PEM_R_NO_START_LINE;
}

/* A descriptor's BIO alone reads lines byte by byte. */
static BIO *
buffered(BIO *in)
{
	BIO *buffer = BIO_new(BIO_f_buffer());

	if (buffer == NULL)
		return in;
	return BIO_push(buffer, in);
}

STACK_OF(X509) *
tls_pem_certificates(const char *path, char **cause)
{
	STACK_OF(X509) *certs = sk_X509_new_null();
	struct stat st;
	bool whole;
	BIO *in;

	if (certs == NULL) {
		tls_x509_cause(cause, "out of memory");
		return NULL;
	}
	if ((in = open_file(path, &st, cause)) == NULL) {
		sk_X509_free(certs);
		return NULL;
	}
	in = buffered(in);
	whole = read_all(in, certs);
	BIO_free_all(in);
	ERR_clear_error();
	if (whole && sk_X509_num(certs) > 0)
		return certs;
	if (whole)
		tls_x509_cause(cause, "%s: no certificate in PEM", path);
	else
		tls_x509_cause(cause, "%s: certificate %d is malformed", path,
		    sk_X509_num(certs) + 1);
	sk_X509_pop_free(certs, X509_free);
	return NULL;
}
