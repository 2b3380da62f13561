/* SPDX-License-Identifier: ISC */
#include "conf/conf_changes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_addresses.h"
#include "conf/conf_table.h"
#include "conf/conf_scalar.h"
#include "conf/conf_value.h"

static void
print_text(FILE *out, const char *text, const char *none)
{
	fputs(text == NULL ? none : text, out);
}

static void
print_value(FILE *out, const struct conf_option *option,
    const struct conf *conf)
{
	const void	*field = (const char *)conf + option->offset;
	char		 buf[CONF_TEXT];

	switch (option->kind) {
	case CONF_DURATION:
		fputs(conf_duration_text(buf, *(const uint64_t *)field), out);
		break;
	case CONF_SIZE:
		fputs(conf_size_text(buf, *(const uint64_t *)field), out);
		break;
	case CONF_INTEGER:
		fprintf(out, "%" PRIu64, *(const uint64_t *)field);
		break;
	case CONF_WORKERS:
		fprintf(out, "%u", *(const unsigned *)field);
		break;
	case CONF_LEVEL:
		fputs(conf_option_choices(option->kind)[*(const int *)field],
		    out);
		break;
	case CONF_FORMAT:
		fputs(conf_option_choices(option->kind)[
		    *(const enum conf_log_format *)field], out);
		break;
	case CONF_ACCESS:
		print_text(out, *(char *const *)field, "off");
		break;
	case CONF_DIAGNOSTICS:
		print_text(out, *(char *const *)field, "stderr");
		break;
	case CONF_FILE:
		print_text(out, *(char *const *)field, "none");
		break;
	case CONF_TRUST:
		print_text(out, *(char *const *)field, "system");
		break;
	case CONF_LISTEN:
	case CONF_RESOLVER:
		conf_addresses_print(field, out);
		break;
	default:
		break;
	}
}

/* The others lie in structs of their own. */
static bool
is_of_conf(const struct conf_option *option)
{
	switch (option->level) {
	case CONF_TOP:
	case CONF_LOG:
	case CONF_TIMEOUTS:
	case CONF_LIMITS:
	case CONF_VIA:
	case CONF_TLS:
		return true;
	default:
		return false;
	}
}

char *
conf_option_text(const struct conf_option *option, const struct conf *conf)
{
	char	*text = NULL;
	size_t	 size;
	FILE	*out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	if (is_of_conf(option))
		print_value(out, option, conf);
	fclose(out);
	return text;
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
