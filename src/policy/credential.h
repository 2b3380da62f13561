/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CREDENTIAL_H
#define SLUICE_CREDENTIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "http/http1.h"

/*
 * Whose a request is, by its Authorization (RFC 9110 11.4): what identifies
 * the credential, not what is sent, which with many schemes is another value
 * for each request.
 *
 * Nothing is verified: it tells requests apart, and grants nothing.
 */

#define CREDENTIAL_PIECES	4
#define CREDENTIAL_CLAIMS	3	/* that a key may name, at most */
#define CREDENTIAL_TEXT		1024	/* bytes of what is decoded */

enum credential_kind {
	/* Nobody: nothing there, or a proof for the connection (NTLM). */
	CREDENTIAL_NONE,
	CREDENTIAL_READ,	/* by what identifies it in its scheme */
	CREDENTIAL_VALUE,	/* by all of it: the scheme is not known */
	/* It names two, of which servers take the first or the last. */
	CREDENTIAL_UNCLEAR,
};

/*
 * Two are the same if their pieces are.  Those point into the value that was
 * read, to static text, or into text; so a copy is of no use.
 */
struct credential {
	enum credential_kind	 kind;
	struct http1_str	 scheme;	/* as sent; p NULL: none */
	unsigned		 npieces;
	struct http1_str	 pieces[CREDENTIAL_PIECES];
	size_t			 used;		/* bytes of text */
	char			 text[CREDENTIAL_TEXT];
};

/*
 * Reads the value of an Authorization field: Basic by what it encodes (RFC
 * 7617), whatever stands between that, as many servers read it; Bearer (RFC
 * 6750) and others that are one token by that, whatever the scheme's name;
 * Digest by username and realm (RFC 7616); OAuth 1 by consumer key and token
 * (RFC 5849); signatures by the key's name: AWS's of version 4 and 2, those
 * made like them, HTTP Signatures, Hawk; also one word with a colon behind a
 * scheme that is not known, if what stands before it may name a key: 8 bytes at
 * least, with a digit.  The scheme's case, what space there is, quotes and
 * escapes in them do not matter.
 */
void		 credential_read(struct credential *, struct http1_str value);

/*
 * The same, but a token that is a JWT (RFC 7519) by those claims of its
 * payload, names separated by commas: "iss,sub".  Where one of them is not
 * there, is neither a string nor a whole number, or is too long, by its value.
 */
void		 credential_read_claims(struct credential *,
		    struct http1_str value, const char *claims);

/* Whether a text names claims: 1 to CREDENTIAL_CLAIMS of them. */
bool		 credential_are_claims(const char *);

#endif
