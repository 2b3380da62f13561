/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_HTPASSWD_H
#define SLUICE_HTPASSWD_H

#include <stddef.h>
#include <stdint.h>

/*
 * Users and the hashes of their passwords, as htpasswd(1) writes them: a line
 * NAME:HASH for each; what follows another colon, empty lines and those that
 * begin with # are nothing.  Hashes are of those kinds of crypt(5) that guessing
 * does not break: bcrypt ($2y$, $2b$, $2a$), SHA-crypt ($5$, $6$), yescrypt
 * ($y$); of a cost that a check can bear.
 */

#define HTPASSWD_NAME	255	/* bytes of a name, at most */

struct htpasswd_user {
	const char	*name;
	const char	*hash;
	unsigned	 line;
};

struct htpasswd {
	char			*text;	/* names and hashes are in it */
	size_t			 len;
	struct htpasswd_user	*users;	/* by name */
	size_t			 n;
};

/* Where and why a file is wrong. */
struct htpasswd_error {
	unsigned	 line;		/* 0: of none; without memory */
	const char	*why;
};

/*
 * Takes a file's text of len bytes, from malloc(), with room for one more.
 * Returns its users; NULL where it is wrong, and the text was freed.
 */
struct htpasswd	*htpasswd_parse(char *text, size_t len,
		    struct htpasswd_error *);
/* Leaves nothing of it in memory.  NULL: nothing. */
void		 htpasswd_free(struct htpasswd *);

/* Returns the hash of that user's password; NULL where nobody has the name. */
const char	*htpasswd_find(const struct htpasswd *, const char *name);

/*
 * Returns one of the hashes, the same for the same number; NULL where there is
 * none.  By it the password of a name that nobody has is checked in vain, so
 * that this takes as long as with a user's.
 */
const char	*htpasswd_any(const struct htpasswd *, uint64_t number);

#endif
