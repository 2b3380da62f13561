/* SPDX-License-Identifier: ISC */
#include "conf/conf_changes.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf_table.h"

/* The others lie in structs of their own. */
static bool
is_of_conf(const struct conf_option *option)
{
	switch (option->level) {
	case CONF_TOP:
	case CONF_ACCESS:
	case CONF_LOG:
	case CONF_TIMEOUTS:
	case CONF_LIMITS:
	case CONF_DESTINATIONS:
	case CONF_PORTS:
	case CONF_METRICS:
	case CONF_STATE:
	case CONF_STORE:
	case CONF_SENTINEL:
	case CONF_VIA:
	case CONF_TLS:
	case CONF_ADMIN:
		return true;
	default:
		return false;
	}
}

char *
conf_option_text(const struct conf_option *option, const struct conf *conf)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	if (is_of_conf(option) && option->as->print != NULL)
		option->as->print(out, option,
		    (const char *)conf + option->offset);
	fclose(out);
	return text;
}

static void
tell_change(const char *path, const char *before, const char *after,
    void (*line)(const char *, void *), void *arg)
{
	char *text;

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
	const struct conf_option *option;
	char *before, *after;

	for (option = conf_options(); option != NULL;
	    option = conf_option_next(option)) {
		if (!option->needs_restart)
			continue;
		before = conf_option_text(option, old);
		after = conf_option_text(option, new);
		if (before != NULL && after != NULL)
			tell_change(option->path, before, after, line, arg);
		free(before);
		free(after);
	}
}
