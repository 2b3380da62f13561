/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CLIENT_HASH_H
#define SLUICE_CLIENT_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Keyed hashes of what clients send to be told apart by: credentials, names,
 * addresses.  The key is drawn when the process starts, or is that of the one
 * before it, so a hash says nothing outside of these, and nobody can aim at
 * another's.  SipHash (Aumasson,
 * Bernstein 2012), from OpenSSL.
 */

struct client_hasher;

struct client_hash {
	uint64_t	 a;
	uint64_t	 b;
};

/*
 * Draws the key of the process; once, at start-up.  Returns false without
 * entropy.
 */
bool		 client_hash_init(void) __attribute__((warn_unused_result));

#define CLIENT_HASH_KEY	16	/* bytes */

/* Tells the key, or sets another one before there is a hasher. */
void		 client_hash_key(unsigned char key[CLIENT_HASH_KEY]);
void		 client_hash_set_key(const unsigned char key[CLIENT_HASH_KEY]);

/* Returns a hasher for one thread; NULL without memory. */
struct client_hasher	*client_hasher_new(void);
void		 client_hasher_free(struct client_hasher *);

/*
 * Makes the hash of n bytes, in a space of its own for each kind of them (a
 * text such as "address").  Zero stands for nothing, and is nobody's hash.
 * Returns false when there is none, for want of memory.
 */
bool		 client_hash(struct client_hasher *, const char *kind,
		    const void *, size_t n, struct client_hash *)
		    __attribute__((warn_unused_result));

#endif
