/* SPDX-License-Identifier: ISC */
#ifndef SLUICE_CONF_PASSWORD_H
#define SLUICE_CONF_PASSWORD_H

#include <stddef.h>

/* A password in a file of its own: one line. */

#define CONF_PASSWORD_MAX	1024	/* bytes */
#define CONF_PASSWORD		(CONF_PASSWORD_MAX + 3)

/*
 * Reads it into buf, which the caller wipes; it is no string.  Returns NULL and
 * its length, or what is wrong, to be said behind the path.
 */
const char	*conf_password_read(const char *path, char buf[CONF_PASSWORD],
		    size_t *len) __attribute__((warn_unused_result));

#endif
