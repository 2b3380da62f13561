/* SPDX-License-Identifier: ISC */
#include "conf/conf_token.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/secret.h"
#include "conf/conf.h"
#include "conf/conf_warnings.h"

/* What a bearer token may be made of (RFC 6750 2.1). */
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz0123456789-._~+/=";

static bool
wrong(const struct conf *conf, char **cause, const char *why)
{
	if (asprintf(cause, "%s:%u:%u: admin.web_token_file: %s: %s",
	    conf->path, conf->admin_token_at.line, conf->admin_token_at.column,
	    conf->admin_token_file, why) == -1)
		*cause = NULL;
	return false;
}

/* Takes the line's end off.  Returns what is wrong with the rest, or NULL. */
static const char *
why_no_token(char *line, size_t len)
{
	if (memchr(line, '\0', len) != NULL)
		return "no token: a NUL byte";
	line[strcspn(line, "\r\n")] = '\0';
	len = strlen(line);
	if (len < CONF_TOKEN_MIN)
		return "the token is shorter than 16 letters";
	if (len > CONF_TOKEN_MAX)
		return "the token is longer than 256 letters";
	if (strspn(line, letters) != len)
		return "no token, expected one line of letters, digits or "
		    "-._~+/=";
	return NULL;
}

bool
conf_token_load(struct conf *conf, char **cause)
{
	char line[CONF_TOKEN_MAX + 4];
	const char *why;
	size_t len;
	FILE *in;

	if (conf->admin_token_file == NULL)
		return true;
	if ((in = fopen(conf->admin_token_file, "re")) == NULL)
		return wrong(conf, cause, strerror(errno));
	secret_guard();
	setvbuf(in, NULL, _IONBF, 0);	/* no copy of it stays */
	errno = 0;
	len = fread(line, 1, sizeof line - 1, in);
	why = ferror(in) ? strerror(errno) : NULL;
	fclose(in);
	line[len] = '\0';
	if (why == NULL)
		why = why_no_token(line, len);
	if (why != NULL)
		return wrong(conf, cause, why);
	conf->admin_token = strdup(line);
	explicit_bzero(line, sizeof line);
	*cause = NULL;
	return conf->admin_token != NULL;
}

void
conf_token_warnings(const struct conf *conf,
    void (*line)(const char *, void *), void *arg)
{
	struct stat st;

	if (conf->admin_token_file != NULL &&
	    stat(conf->admin_token_file, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & (S_IRGRP | S_IROTH)) != 0)
		conf_warn(conf, conf->admin_token_at, line, arg,
		    "admin.web_token_file: %s can be read by others (mode "
		    "%04o); who reads it can change everything",
		    conf->admin_token_file, (unsigned)st.st_mode & 07777);
}
