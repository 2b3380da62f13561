/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_PARENT_H
#define SLUICE_PARENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/place.h"
#include "http/http1.h"

/*
 * A parent: the proxy through which hosts are reached that cannot be reached
 * otherwise, a company's.  Pure.
 */

struct parent {
	struct http1_host	 host;		/* its port set */
	bool			 tls;		/* to the parent itself */
	/* What it is called: its URL without a user; owned, as are the rest. */
	char			*name;
	char			*user;		/* NULL: none is told */
	char			*password_file;	/* NULL: an empty one */
	/* The value of Proxy-Authorization, once the file was read; or NULL. */
	char			*authorization;
	/* TLS to it, as struct rule has it for hosts. */
	bool			 tls_verify;
	char			*tls_trust;
	char			*tls_certificate;
	char			*tls_key;
	struct place		 at;
	struct place		 password_at;
	struct place		 tls_at;
	/* Connections through parents of the same number are alike; not 0. */
	uint64_t		 id;
	size_t			 index;		/* in the configuration */
	struct parent		*next;		/* of that */
};

/* In place of a parent: none, although there is one for all hosts. */
extern struct parent parent_direct;

/*
 * Takes host, tls, name and user out of a URL such as
 * http://user@proxy.example:3128.  Returns NULL, or what is wrong with it, to
 * be said behind it, or parent_no_memory; then nothing is to be freed.
 */
const char	*parent_parse(struct parent *, const char *url)
		    __attribute__((warn_unused_result));
extern const char parent_no_memory[];

/*
 * Makes the authorization of its user and a password of so many bytes (RFC
 * 7617).  Returns false without memory.
 */
bool		 parent_authorize(struct parent *, const char *password,
		    size_t) __attribute__((warn_unused_result));

/* Returns whether the two are the same in all that a file says of them. */
bool		 parent_equals(const struct parent *, const struct parent *);

/* Frees all of the list. */
void		 parent_free(struct parent *);

/*
 * Returns whether the host is this machine by its name or its address: another
 * one's parent would take it for its own.
 */
bool		 parent_is_local(const struct http1_host *);

/*
 * Returns whether an answer that came through a parent says of itself, by
 * Proxy-Status (RFC 9209), that the parent has made it for a reason of its own,
 * so that it says nothing of the host.
 */
bool		 parent_speaks(const struct http1_head *);

#endif
