/* SPDX-License-Identifier: ISC */
#include "conf/conf.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf_addresses.h"
#include "conf/conf_loader.h"
#include "conf/conf_options.h"
#include "conf/conf_rule.h"

/*
 * A configuration is built by conf_parse() in one go.  Nobody sees it before it
 * is whole; from then on it does not change, and goes with its last
 * reference.
 */

#define FILE_MAX	(64 * 1024 * 1024)	/* bytes */

/* What is allocated: the reference count is nobody else's. */
struct counted {
	struct conf	 conf;		/* first */
	atomic_uint	 references;
};

struct conf *
conf_parse(const char *name, const char *text, size_t len, char **cause)
{
	struct conf_loader	 l = { .report = { .name = name } };
	struct counted		*counted;

	*cause = NULL;
	counted = calloc(1, sizeof *counted);
	if (counted == NULL) {
		*cause = strdup("out of memory");
		return NULL;
	}
	atomic_init(&counted->references, 1);
	l.conf = &counted->conf;
	if (conf_loader_run(&l, text, len))
		return l.conf;
	*cause = l.report.cause;
	conf_unref(l.conf);
	return NULL;
}

static bool
wrong_open(struct conf_report *report, int error)
{
#ifdef SLUICE_SAMPLE
	if (error == ENOENT)
		return conf_wrong(report, NULL, "%s; copy the sample from %s "
		    "or give one with -c FILE", strerror(error),
		    SLUICE_SAMPLE);
#else
	if (error == ENOENT)
		return conf_wrong(report, NULL, "%s; give one with -c FILE",
		    strerror(error));
#endif
	return conf_wrong(report, NULL, "%s", strerror(error));
}

/* Only regular files: anything else may block, or never end. */
static int
open_file(struct conf_report *report, const char *path, size_t *size)
{
	struct stat	 st;
	int		 fd;

	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd == -1) {
		wrong_open(report, errno);
		return -1;
	}
	if (fstat(fd, &st) == -1)
		conf_wrong(report, NULL, "%s", strerror(errno));
	else if (S_ISDIR(st.st_mode))
		conf_wrong(report, NULL, "a directory, expected a file");
	else if (!S_ISREG(st.st_mode))
		conf_wrong(report, NULL, "not a regular file, expected one");
	else if (st.st_size > FILE_MAX)
		conf_wrong(report, NULL, "too large, expected at most %d MiB",
		    FILE_MAX / 1024 / 1024);
	if (report->cause == NULL) {
		*size = (size_t)st.st_size;
		return fd;
	}
	close(fd);
	return -1;
}

/*
 * Reads a file into text, which has room for one byte more than its size.  A
 * file that others write to meanwhile may be a half of one, and is not taken.
 */
static bool
read_file(struct conf_report *report, int fd, char *text, size_t size)
{
	size_t	 done = 0;
	ssize_t	 n;

	while (done <= size) {
		n = read(fd, text + done, size + 1 - done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return conf_wrong(report, NULL, "%s", strerror(errno));
		if (n == 0)
			break;
		done += (size_t)n;
	}
	if (done != size)
		return conf_wrong(report, NULL, "changed while it was read, "
		    "expected a file that is complete; try again");
	return true;
}

struct conf *
conf_load(const char *path, char **cause)
{
	struct conf_report	 report = { .name = path };
	struct conf		*conf = NULL;
	char			*text;
	size_t			 size;
	int			 fd;

	fd = open_file(&report, path, &size);
	if (fd == -1) {
		*cause = report.cause;
		return NULL;
	}
	text = malloc(size + 1);
	if (text == NULL)
		conf_wrong(&report, NULL, "out of memory");
	else if (read_file(&report, fd, text, size))
		conf = conf_parse(path, text, size, &report.cause);
	free(text);
	close(fd);
	*cause = report.cause;
	return conf;
}

struct conf *
conf_ref(struct conf *conf)
{
	struct counted	*counted = (struct counted *)conf;

	atomic_fetch_add_explicit(&counted->references, 1,
	    memory_order_relaxed);
	return conf;
}

void
conf_unref(struct conf *conf)
{
	struct counted	*counted = (struct counted *)conf;
	size_t		 i;

	if (conf == NULL || atomic_fetch_sub_explicit(&counted->references, 1,
	    memory_order_acq_rel) != 1)
		return;
	if (conf->tls != NULL)
		conf->tls_free(conf->tls);
	for (i = 0; i < conf->nrules; i++) {
		free((char *)(uintptr_t)conf->rules[i].name);
		conf_rule_free(&conf->rules[i]);
	}
	free(conf->rules);
	conf_rule_free(&conf->fallback);
	pattern_set_free(conf->patterns);
	conf_addresses_free(&conf->listen);
	conf_addresses_free(&conf->resolver);
	free(conf->log_diagnostics);
	free(conf->log_access);
	free(conf->via_name);
	free(conf->tls_ca_certificate);
	free(conf->tls_ca_key);
	free(conf->tls_trust);
	free(conf->path);
	free(counted);
}


static void
tell_change(const char *path, const char *before, const char *after,
    void (*line)(const char *, void *), void *arg)
{
	char	*text;

	if (strcmp(before, after) == 0 || asprintf(&text,
	    "%s: %s -> %s takes effect at a restart", path, before,
	    after) < 0)
		return;
	line(text, arg);
	free(text);
}

void
conf_changes(const struct conf *old, const struct conf *new,
    void (*line)(const char *, void *), void *arg)
{
	const struct conf_option	*option;
	char				*before, *after;

	for (option = conf_options(); option->path != NULL; option++) {
		if (option->reloadable)
			continue;
		before = conf_option_text(option, old);
		after = conf_option_text(option, new);
		if (before != NULL && after != NULL)
			tell_change(option->path, before, after, line, arg);
		free(before);
		free(after);
	}
}
