/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_USER_H
#define SLUICE_USER_H

#include <stdbool.h>

#include "http/http1.h"

#define USER_NAME	256	/* bytes of a user's name, with its end */
#define USER_PASSWORD	512	/* the same of a password */

/* Who somebody says he is, to be wiped after use. */
struct user_basic {
	char	 name[USER_NAME];
	char	 password[USER_PASSWORD];
};

/*
 * The user of a request's Proxy-Authorization, where that is Basic (RFC
 * 7617).  Returns false where it is nobody's, or where the name is too long or
 * holds a NUL.
 */
bool		 user_read(const struct http1_head *, char user[USER_NAME]);

/*
 * Both of them.  Returns false as above, or where the password is too long or
 * holds a NUL.
 */
bool		 user_read_basic(const struct http1_head *,
		    struct user_basic *);

#endif
