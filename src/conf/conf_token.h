/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_TOKEN_H
#define SLUICE_CONF_TOKEN_H

#include <stdbool.h>

/* The token of admin.web_token_file. */

struct conf;

#define CONF_TOKEN_MIN	16	/* bytes */
#define CONF_TOKEN_MAX	256

/*
 * Reads the file that admin.web_token_file names, if it does, into
 * conf->admin_token.  Returns false with *cause, to be freed, or NULL without
 * memory, where that cannot be read or holds no token.
 */
bool		 conf_token_load(struct conf *, char **cause);

/* Says it in a line when others can read that file. */
void		 conf_token_warnings(const struct conf *,
		    void (*line)(const char *, void *), void *arg);

#endif
