/* SPDX-License-Identifier: ISC */
#include "tls/tls_trust.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>
#define HASH_NONFATAL_OOM	1
#include <uthash.h>

#include "tls/tls_places.h"
#include "tls/tls_x509.h"

/*
 * Files are read with the configuration that names them: what is wrong with one
 * is an error there.  The system's CAs, a hundred and more, are read when a
 * connection needs them, which many a proxy never does.
 */

struct trusted_file {
	UT_hash_handle		 hh;
	X509_STORE		*store;
	char			 path[];
};

struct tls_trust {
	struct trusted_file	*files;		/* by path */
	pthread_mutex_t		 lock;		/* guards system */
	X509_STORE		*system;	/* NULL: not read yet */
};

struct tls_trust *
tls_trust_new(void)
{
	struct tls_trust *t = calloc(1, sizeof *t);

	if (t != NULL)
		pthread_mutex_init(&t->lock, NULL);
	return t;
}

void
tls_trust_free(struct tls_trust *t)
{
	struct trusted_file *file, *next;

	if (t == NULL)
		return;
	HASH_ITER(hh, t->files, file, next) {
		HASH_DEL(t->files, file);
		X509_STORE_free(file->store);
		free(file);
	}
	X509_STORE_free(t->system);
	pthread_mutex_destroy(&t->lock);
	free(t);
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

/* Files */

static bool
fill_store(X509_STORE *store, const char *path, char **cause)
{
	if (access(path, R_OK) == -1)
		return tls_x509_cause(cause, "%s: %s", path, strerror(errno));
	return X509_STORE_load_file(store, path) == 1 ||
	    tls_x509_cause(cause, "%s: %s, expected a file of PEM "
	    "certificates", path, tls_x509_reason());
}

X509_STORE *
tls_trust_file(struct tls_trust *t, const char *path, char **cause)
{
	size_t size = strlen(path) + 1;
	struct trusted_file *file;

	*cause = NULL;
	HASH_FIND_STR(t->files, path, file);
	if (file != NULL)
		return file->store;
	if ((file = calloc(1, sizeof *file + size)) == NULL)
		return NULL;
	memcpy(file->path, path, size);
	file->store = X509_STORE_new();
	if (file->store == NULL || !fill_store(file->store, path, cause)) {
		X509_STORE_free(file->store);
		free(file);
		return NULL;
	}
	warm_up(file->store);
	HASH_ADD_KEYPTR(hh, t->files, file->path, size - 1, file);
	if (file->hh.tbl == NULL) {
		X509_STORE_free(file->store);
		free(file);
		return NULL;
	}
	return file->store;
}

/* The system */

/*
 * Where OpenSSL was not built for this system its places are not here: a static
 * program in a container, or on another distribution, would trust nobody.
 * Returns the file that is, or NULL where OpenSSL's places are right.
 */
static const char *
elsewhere(void)
{
	if (secure_getenv(X509_get_default_cert_file_env()) != NULL ||
	    secure_getenv(X509_get_default_cert_dir_env()) != NULL ||
	    access(X509_get_default_cert_file(), F_OK) == 0 ||
	    access(X509_get_default_cert_dir(), F_OK) == 0)
		return NULL;
	return tls_places_find();
}

static X509_STORE *
read_system(void)
{
	X509_STORE *store = X509_STORE_new();
	const char *file = elsewhere();

	if (store != NULL && X509_STORE_set_default_paths(store) == 1) {
		if (file != NULL)
			(void)X509_STORE_load_file(store, file);
		warm_up(store);
		return store;
	}
	X509_STORE_free(store);
	ERR_clear_error();
	return NULL;
}

/*
 * Whether nothing was read of a file that is there.  All descriptors may have
 * been in use just then, and OpenSSL does not tell.
 */
static bool
came_short(X509_STORE *store)
{
	const char *file = elsewhere();

	if (file == NULL)
		file = secure_getenv(X509_get_default_cert_file_env());
	if (file == NULL)
		file = X509_get_default_cert_file();
	return sk_X509_OBJECT_num(X509_STORE_get0_objects(store)) == 0 &&
	    access(file, R_OK) == 0;
}

X509_STORE *
tls_trust_system(struct tls_trust *t)
{
	X509_STORE *store;

	pthread_mutex_lock(&t->lock);
	store = t->system != NULL ? t->system : read_system();
	if (store != NULL && (t->system != NULL || !came_short(store))) {
		X509_STORE_up_ref(store);
		t->system = store;
	}
	pthread_mutex_unlock(&t->lock);
	return store;
}
