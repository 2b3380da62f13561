/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_USER_H
#define SLUICE_USER_H

#include <stdbool.h>

#include "http/http1.h"

#define USER_NAME	256	/* bytes of a user's name, with its end */

/*
 * The user of a request's Proxy-Authorization, where that is Basic (RFC
 * 7617).  Returns false where it is nobody's, or where the name is too long or
 * holds a NUL.
 */
bool		 user_read(const struct http1_head *, char user[USER_NAME]);

#endif
