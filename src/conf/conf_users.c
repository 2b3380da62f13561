/* SPDX-License-Identifier: ISC */
#include "conf/conf_users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "conf/conf_warnings.h"
#include "policy/htpasswd.h"

#define FILE_MAX	(4 * 1024 * 1024)	/* bytes */

static bool
wrong(const struct conf *conf, char **cause, const char *why)
{
	if (asprintf(cause, "%s:%u:%u: access.users: %s: %s", conf->path,
	    conf->access_users_at.line, conf->access_users_at.column,
	    conf->access_users_file, why) == -1)
		*cause = NULL;
	return false;
}

/* What is wrong with a line is told as editors can find it. */
static bool
wrong_line(const struct conf *conf, char **cause,
    const struct htpasswd_error *error)
{
	if (error->line == 0)
		return wrong(conf, cause, error->why);
	if (asprintf(cause, "%s:%u:%u: access.users: %s:%u: %s", conf->path,
	    conf->access_users_at.line, conf->access_users_at.column,
	    conf->access_users_file, error->line, error->why) == -1)
		*cause = NULL;
	return false;
}

/* All of a file, with room for one more byte; NULL, with *why, without it. */
static char *
read_all(int fd, size_t *len, const char **why)
{
	char *text = malloc(FILE_MAX + 1);
	ssize_t n = 1;

	*why = text == NULL ? "out of memory" : NULL;
	for (*len = 0; *why == NULL && n != 0 && *len <= FILE_MAX;) {
		n = read(fd, text + *len, FILE_MAX + 1 - *len);
		if (n > 0)
			*len += (size_t)n;
		else if (n == -1 && errno != EINTR)
			*why = strerror(errno);
	}
	if (*why == NULL && *len > FILE_MAX)
		*why = "larger than 4 MiB";
	if (*why == NULL)
		return text;
	free(text);
	return NULL;
}

/* What is no file might never end, or come. */
static char *
read_file(const char *path, size_t *len, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *text = NULL;
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1)
		*why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		*why = "no regular file";
	else
		text = read_all(fd, len, why);
	if (fd != -1)
		close(fd);
	return text;
}

/* One that has a throttle for each user; or NULL. */
static const struct rule *
first_per_user(const struct conf *conf)
{
	size_t i;

	if (conf->fallback.per.kind == RULE_KEY_USER)
		return &conf->fallback;
	for (i = 0; i < conf->nrules; i++)
		if (conf->rules[i].per.kind == RULE_KEY_USER)
			return &conf->rules[i];
	return NULL;
}

/* Names that nobody has checked would be throttles for the asking. */
static bool
needs_no_users(const struct conf *conf, char **cause)
{
	const struct rule *rule = first_per_user(conf);

	if (rule == NULL)
		return true;
	if (asprintf(cause, "%s:%u:%u: %s%s.per: user, expected access.users "
	    "beside it, a file of users whose passwords are checked "
	    "(\"htpasswd -B\" makes one)", conf->path, rule->per_at.line,
	    rule->per_at.column, rule == &conf->fallback ? "" : "hosts.",
	    rule->name) == -1)
		*cause = NULL;
	return false;
}

bool
conf_users_load(struct conf *conf, char **cause)
{
	struct htpasswd_error error;
	const char *why;
	char *text;
	size_t len;

	if (conf->access_users_file == NULL)
		return needs_no_users(conf, cause);
	secret_guard();
	text = read_file(conf->access_users_file, &len, &why);
	if (text == NULL)
		return wrong(conf, cause, why);
	conf->access_users = htpasswd_parse(text, len, &error);
	return conf->access_users != NULL || wrong_line(conf, cause, &error);
}

void
conf_users_warnings(const struct conf *conf,
    void (*line)(const char *, void *), void *arg)
{
	struct stat st;

	if (conf->access_users == NULL)
		return;
	if (conf->access_users->n == 0)
		conf_warn(conf, conf->access_users_at, line, arg,
		    "access.users: %s has no user, so nobody can use the proxy",
		    conf->access_users_file);
	if (stat(conf->access_users_file, &st) == 0 &&
	    (st.st_mode & S_IROTH) != 0)
		conf_warn(conf, conf->access_users_at, line, arg,
		    "access.users: %s can be read by others (mode %04o); who "
		    "has the hashes can try passwords at leisure",
		    conf->access_users_file, (unsigned)st.st_mode & 07777);
}
