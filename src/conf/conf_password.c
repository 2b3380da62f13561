/* SPDX-License-Identifier: ISC */
#include "conf/conf_password.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"

/* Takes the line's end off.  Returns what is wrong with the rest, or NULL. */
static const char *
why_no_password(const char *text, size_t *len)
{
	size_t i, n = *len;

	if (n > 0 && text[n - 1] == '\n')
		n--;
	if (n > 0 && text[n - 1] == '\r')
		n--;
	*len = n;
	if (n == 0)
		return "no password, expected one line with it";
	if (n > CONF_PASSWORD_MAX)
		return "the password is longer than 1024 bytes";
	for (i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return "no password, expected one line without "
			    "control characters";
	return NULL;
}

const char *
conf_password_read(const char *path, char buf[CONF_PASSWORD], size_t *len)
{
	const char *why;
	FILE *in;

	secret_guard();
	if ((in = fopen(path, "re")) == NULL)
		return strerror(errno);
	setvbuf(in, NULL, _IONBF, 0);	/* no copy of it stays */
	errno = 0;
	*len = fread(buf, 1, CONF_PASSWORD, in);
	why = ferror(in) ? strerror(errno) : NULL;
	fclose(in);
	return why != NULL ? why : why_no_password(buf, len);
}
