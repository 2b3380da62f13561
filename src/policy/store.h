/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_STORE_H
#define SLUICE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/place.h"
#include "http/http1.h"

/* A store: the Redis in which proxies share budgets.  Pure. */

#define STORE_PORT		6379U	/* where the URL has none */
#define STORE_SENTINEL_PORT	26379
#define STORE_SENTINELS		16
#define STORE_KEY_BYTES		16
#define STORE_NAME		128	/* bytes of a name that sentinels know */

struct store {
	/* What it is called: its URL without a password; NULL: there is no
	   store.  Owned, as are the other texts. */
	char			*name;
	char			*host;	/* a name, or an address */
	uint16_t		 port;	/* 0: none was given */
	bool			 tls;
	char			*user;		/* NULL: the default one */
	char			*password;	/* of the URL, or of the file */
	unsigned		 db;
	char			*space;	/* what the keys' names begin with */
	uint64_t		 timeout;	/* ns, of each command */
	char			*ca;		/* PEM file; NULL: tls.trust */
	char			*password_file;	/* or NULL */
	char			*key_file;	/* or NULL */
	/* out of that: with it all know credentials by the same hashes */
	unsigned char		 key[STORE_KEY_BYTES];

	/* Who knows where it is: host is the name that they know it by. */
	struct http1_host	*sentinels;
	size_t			 nsentinels;
	char			*sentinel_password_file; /* or NULL */
	char			*sentinel_password;	/* out of that */

	/* where they stand, if the file has them */
	struct place		 at;
	struct place		 ca_at;
	struct place		 password_at;
	struct place		 key_at;
	struct place		 sentinel_at;
	struct place		 sentinel_password_at;
};

/*
 * Takes name, host, port, tls, user, password and db out of a URL such as
 * rediss://user:password@10.0.0.5:6379/0.  Returns NULL, or what is wrong with
 * it, to be said behind "redis:", or store_no_memory; none of the URL is in
 * that.  What is there by then is the store's to free.
 */
const char	*store_parse(struct store *, const char *url)
		    __attribute__((warn_unused_result));
extern const char store_no_memory[];

/*
 * Adds who knows where it is, as host or host:port.  Returns NULL, or what is
 * wrong with it, as above.
 */
const char	*store_add_sentinel(struct store *, const char *text)
		    __attribute__((warn_unused_result));

/* Takes the host where there are no sentinels; false: it is no valid one. */
bool		 store_host(const struct store *, struct http1_host *);

/* Returns whether two are asked in the same way for the same budgets. */
bool		 store_equals(const struct store *, const struct store *);

/* Frees what it owns, and wipes what is secret of it. */
void		 store_free(struct store *);

#endif
