/* SPDX-License-Identifier: ISC */
#include "daemon/load.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/log_file.h"
#include "base/stats.h"
#include "conf/conf.h"
#include "conf/conf_access.h"
#include "conf/conf_load.h"
#include "conf/conf_parent.h"
#include "conf/conf_private.h"
#include "conf/conf_store.h"
#include "conf/conf_token.h"
#include "conf/conf_users.h"
#include "conf/conf_warnings.h"
#include "daemon/state_file.h"
#include "exchange/access.h"
#include "net/loop.h"
#include "policy/tokens.h"
#include "tls/tls_context.h"
#include "tls/tls_warnings.h"

static const char *private_dir;	/* or NULL */

void
load_privately(const char *dir)
{
	private_dir = dir;
}

bool
load_is_private(void)
{
	return private_dir != NULL;
}

/* Puts the place before what is wrong with a file. */
static bool
wrong_file(const struct conf *conf, struct place at, const char *key,
    char **cause)
{
	char *what = *cause;

	if (asprintf(cause, "%s:%u:%u: %s%s", conf->path, at.line, at.column,
	    key, what != NULL ? what : "out of memory") == -1)
		*cause = NULL;
	free(what);
	return false;
}

static bool
test_logs(const struct conf *conf, char **cause)
{
	*cause = NULL;
	if (conf->log_diagnostics != NULL &&
	    !log_file_test(conf->log_diagnostics, cause))
		return wrong_file(conf, conf->log_diagnostics_at,
		    "log.diagnostics: ", cause);
	return access_test(conf, cause) ||
	    wrong_file(conf, conf->log_access_at, "", cause);
}

/* What else has that name, as /dev/null, would be moved out of the way. */
static bool
test_state_kind(const struct conf *conf, char **cause)
{
	struct stat st;

	if (stat(conf->state_file, &st) == -1 || S_ISREG(st.st_mode))
		return true;
	if (asprintf(cause, "%s is a %s, expected a file, or none",
	    conf->state_file, S_ISDIR(st.st_mode) ? "directory" :
	    "device, a pipe or a socket") == -1)
		*cause = NULL;
	return wrong_file(conf, conf->state_at, "state.file: ", cause);
}

/* It is replaced by others that are made beside it. */
static bool
test_state(const struct conf *conf, char **cause)
{
	char *copy;
	int error = 0;

	*cause = NULL;
	if (conf->state_file == NULL)
		return true;
	if (!test_state_kind(conf, cause))
		return false;
	if ((copy = state_file_resolve(conf->state_file)) == NULL) {
		*cause = errno == ENOMEM ? NULL : strdup(strerror(errno));
		return wrong_file(conf, conf->state_at, "state.file: ", cause);
	}
	if (faccessat(AT_FDCWD, dirname(copy), W_OK | X_OK, AT_EACCESS) == -1)
		error = errno;
	if (error != 0 && asprintf(cause, "its directory %s: %s", copy,
	    strerror(error)) == -1)
		*cause = NULL;
	free(copy);
	return error == 0 || wrong_file(conf, conf->state_at, "state.file: ",
	    cause);
}

struct conf *
load_conf(const char *path, bool again, char **cause)
{
	struct conf *conf;

	conf = again ? conf_load_again(path, cause) : conf_load(path, cause);
	if (conf != NULL && private_dir != NULL &&
	    !conf_private(conf, private_dir)) {
		conf_unref(conf);
		return NULL;
	}
	if (conf == NULL || (tls_contexts_load(conf, cause) &&
	    conf_token_load(conf, cause) && conf_parent_load(conf, cause) &&
	    conf_store_load(conf, cause) &&
	    conf_users_load(conf, cause) &&
	    test_logs(conf, cause) && test_state(conf, cause)))
		return conf;
	conf_unref(conf);
	return NULL;
}

/* Two descriptors a connection, as far as the hard limit goes. */
static void
raise_limits(const struct conf *conf, void (*line)(const char *, void *),
    void *arg)
{
	struct place nowhere = { 0, 0 };
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		return;
	if (r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	if (r.rlim_cur < conf->limit_connections * 2)
		conf_warn(conf, nowhere, line, arg, "limits.connections: "
		    "%llu, but only %llu files may be open; two a connection "
		    "are needed", (unsigned long long)conf->limit_connections,
		    (unsigned long long)r.rlim_cur);
}

void
load_warnings(const struct conf *conf,
    void (*line)(const char *, void *), void *arg)
{
	raise_limits(conf, line, arg);
	conf_access_warnings(conf, line, arg);
	conf_warnings(conf, line, arg);
	tls_warnings(conf, line, arg);
	conf_token_warnings(conf, line, arg);
	conf_parent_warnings(conf, line, arg);
	conf_store_warnings(conf, line, arg);
	conf_users_warnings(conf, line, arg);
}

void
load_log_level(const struct conf *conf, bool runs)
{
	log_set_level(private_dir != NULL && !runs &&
	    conf->log_level > LOG_LEVEL_WARN ? LOG_LEVEL_WARN :
	    (enum log_level)conf->log_level);
}

static void
set_series(struct rule *rule, unsigned series)
{
	struct tokens *tokens = rule->tokens;
	unsigned i;

	rule->series = series;
	for (i = 0; tokens != NULL && i < tokens->n; i++)
		tokens->budgets[i].series = stats_budget(
		    tokens->budgets[i].name);
}

void
load_series(struct conf *conf)
{
	size_t i;

	atomic_store(&stats_process.loaded, loop_wall());
	set_series(&conf->fallback, STATS_DEFAULT);
	for (i = 0; i < conf->nrules; i++)
		set_series(&conf->rules[i], stats_series(conf->rules[i].name,
		    conf->metrics_hosts));
}

bool
load_open_logs(const struct conf *conf, char **cause)
{
	char *what = NULL;

	/* the first is not to change when the second cannot */
	if (!test_logs(conf, cause))
		return false;
	if (log_open(conf->log_diagnostics, &what))
		return access_open(conf, cause);
	if (asprintf(cause, "log.diagnostics: %s", what != NULL ? what :
	    "out of memory") == -1)
		*cause = NULL;
	free(what);
	return false;
}

void
load_log_warning_cb(const char *line, void *arg)
{
	(void)arg;
	/* a program's output is no place for what "sluice check" tells */
	if (private_dir == NULL)
		log_warn("%s", line);
}
