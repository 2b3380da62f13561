/* SPDX-License-Identifier: ISC */
#include "conf/conf_scalar.h"

#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf_addresses.h"
#include "conf/conf_advice.h"
#include "conf/conf_body.h"
#include "conf/conf_cost.h"
#include "conf/conf_fair.h"
#include "conf/conf_methods.h"
#include "conf/conf_option_wrong.h"
#include "conf/conf_pause.h"
#include "conf/conf_upgrade.h"
#include "conf/conf_value.h"
#include "base/log.h"

static const char *const level_names[] = {
	"error", "warn", "info", "debug", NULL,
};

static const char *const format_names[] = {
	"text", "json", NULL,
};

static const char *const https_names[] = {
	"tunnel", "upstream", "intercept", NULL,
};

static const char *const hold_names[] = {
	"close", "connect", NULL,
};

static const char *const learn_names[] = {
	"off", "pause", "shape", NULL,
};

static const char *
number(int kind, const char *text, uint64_t *value)
{
	switch (kind) {
	case CONF_DURATION:
		return conf_duration(text, value);
	case CONF_SIZE:
		return conf_size(text, value);
	case CONF_UNITS:
		return conf_units(text, value);
	default:
		return conf_integer(text, value);
	}
}

static bool
read_number(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node, uint64_t *value)
{
	const char	*wrong;

	wrong = number(option->kind, node->text, value);
	if (wrong == NULL && *value < option->min)
		wrong = "is too little";
	if (wrong == NULL && *value > option->max)
		wrong = "is too much";
	return wrong == NULL || conf_option_wrong(report, option, node, wrong);
}

static bool
read_integer32(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node, uint32_t *field)
{
	uint64_t	 value;

	if (!read_number(report, option, node, &value))
		return false;
	*field = (uint32_t)value;
	return true;
}

/* The cores that this process may run on, not those that are there. */
static unsigned
cores(unsigned max)
{
	cpu_set_t	 set;
	long		 n = 0;

	if (sched_getaffinity(0, sizeof set, &set) == 0)
		n = CPU_COUNT(&set);
	if (n < 1)
		n = sysconf(_SC_NPROCESSORS_ONLN);
	if (n < 1)
		return 1;
	return n > (long)max ? max : (unsigned)n;
}

static bool
read_workers(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node, unsigned *field)
{
	if (strcasecmp(node->text, "auto") != 0)
		return read_integer32(report, option, node, field);
	*field = cores((unsigned)option->max);
	return true;
}

static bool
read_boolean(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node, bool *field)
{
	const char	*wrong = conf_boolean(node->text, field);

	return wrong == NULL || conf_option_wrong(report, option, node, wrong);
}

const char *const *
conf_option_choices(int kind)
{
	switch (kind) {
	case CONF_LEVEL:
		return level_names;
	case CONF_FORMAT:
		return format_names;
	case CONF_HTTPS:
		return https_names;
	case CONF_LEARN:
		return learn_names;
	default:
		return hold_names;
	}
}

static void
set_choice(int kind, void *field, int i)
{
	switch (kind) {
	case CONF_LEVEL:
		*(int *)field = i;
		break;
	case CONF_FORMAT:
		*(enum conf_log_format *)field = (enum conf_log_format)i;
		break;
	case CONF_HTTPS:
		*(enum rule_https *)field = (enum rule_https)i;
		break;
	case CONF_LEARN:
		*(enum rule_learn *)field = (enum rule_learn)i;
		break;
	default:
		*(enum rule_hold *)field = (enum rule_hold)i;
		break;
	}
}

static bool
read_choice(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	const char *const	*names = conf_option_choices(option->kind);
	const char		*best = NULL;
	char			 buf[CONF_SHOW];
	unsigned		 distance, least = 0;
	int			 i;

	for (i = 0; names[i] != NULL; i++) {
		if (strcmp(node->text, names[i]) == 0) {
			set_choice(option->kind, field, i);
			return true;
		}
		if (conf_near(node->text, names[i], &distance) &&
		    (best == NULL || distance < least)) {
			best = names[i];
			least = distance;
		}
	}
	if (best == NULL || conf_advice_word(option->kind, node->text) != NULL)
		return conf_option_wrong(report, option, node, "is unknown");
	return conf_wrong(report, node, "\"%s\" is unknown, expected %s; did "
	    "you mean \"%s\"?", conf_show(buf, node->text), option->range,
	    best);
}

static bool
set_text(struct conf_report *report, const char *text, char **field)
{
	char	*copy = text == NULL ? NULL : strdup(text);

	if (copy == NULL && text != NULL)
		return conf_wrong(report, NULL, "out of memory");
	free(*field);
	*field = copy;
	return true;
}

/*
 * A path has a slash in it: so "none" or "false" is a mistake that is told,
 * and not a file of that name.
 */
static bool
read_log(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node, char **field)
{
	bool	 access = option->kind == CONF_ACCESS;

	if (strcasecmp(node->text, access ? "off" : "stderr") == 0)
		return set_text(report, NULL, field);
	if (strchr(node->text, '/') == NULL &&
	    !(access && strcmp(node->text, "-") == 0))
		return conf_option_wrong(report, option, node,
		    "has no / in it");
	return set_text(report, node->text, field);
}

/* RFC 9110 5.6.2 */
static bool
read_token(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node, char **field)
{
	size_t	 len = strlen(node->text);

	if (!http1_is_token(node->text, len))
		return conf_option_wrong(report, option, node,
		    len == 0 ? "is empty" : "is no name");
	if (len > option->max)
		return conf_option_wrong(report, option, node, "is too long");
	return set_text(report, node->text, field);
}

/*
 * A path as it is written.  What the file is to hold is refused: it would be
 * shown wherever the path is, and it may be a key.
 */
static bool
read_file(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node, char **field)
{
	if (node->text[0] == '\0')
		return conf_option_wrong(report, option, node, "is empty");
	if (strstr(node->text, "-----BEGIN ") != NULL)
		return conf_wrong(report, node,
		    "PEM itself, expected the path of a file that holds it");
	return set_text(report, node->text, field);
}

/*
 * A path or the system's, which a file of that name is not: that is ./system.
 * A host's stays a word, so that it is more than none.
 */
static bool
read_trust(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node, char **field)
{
	if (strcasecmp(node->text, "system") != 0)
		return read_file(report, option, node, field);
	return set_text(report,
	    option->kind == CONF_HOST_TRUST ? "system" : NULL, field);
}

static bool
add_status(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node, struct rule *rule)
{
	uint64_t	 status;
	unsigned	 i;

	if (!conf_option_scalar(report, option, node) ||
	    !read_number(report, option, node, &status))
		return false;
	for (i = 0; i < rule->nretry_statuses; i++)
		if (rule->retry_statuses[i] == (int)status)
			return conf_option_wrong(report, option, node,
			    "is there twice");
	rule->retry_statuses[rule->nretry_statuses++] = (int)status;
	return true;
}

static bool
read_statuses(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node, struct rule *rule)
{
	const struct conf_entry	*entry;
	bool			 ok = true;

	rule->nretry_statuses = 0;
	if (node->type != CONF_LIST)
		return add_status(report, option, node, rule);
	if (node->n > RULE_STATUSES_MAX)
		return conf_wrong(report, node, "%zu statuses, expected %s%s",
		    node->n, conf_option_noun(option), option->range);
	for (entry = node->first; ok && entry != NULL; entry = entry->next) {
		conf_enter(report, NULL, rule->nretry_statuses);
		ok = add_status(report, option, entry->value, rule);
		conf_leave(report);
	}
	return ok;
}

bool
conf_option_read(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node, void *base)
{
	void	*field = (char *)base + option->offset;

	if (option->kind == CONF_STATUSES)
		return read_statuses(report, option, node, base);
	if (option->kind == CONF_RETRY_METHODS)
		return conf_methods_retry(report, option, node, base);
	if (option->kind == CONF_COST_METHODS)
		return conf_methods_cost(report, option, node, base);
	if (option->kind == CONF_UPGRADES)
		return conf_upgrades(report, option, node, base);
	if (option->kind == CONF_BODY_STATUSES)
		return conf_body_statuses(report, option, node, base);
	if (option->kind == CONF_BODY_TEXTS_IN)
		return conf_body_texts(report, option, node, base);
	if (!conf_option_scalar(report, option, node))
		return false;
	switch (option->kind) {
	case CONF_DURATION:
	case CONF_SIZE:
	case CONF_INTEGER:
	case CONF_UNITS:
		return read_number(report, option, node, field);
	case CONF_INTEGER32:
		return read_integer32(report, option, node, field);
	case CONF_BOOLEAN:
		return read_boolean(report, option, node, field);
	case CONF_LEVEL:
	case CONF_FORMAT:
	case CONF_HTTPS:
	case CONF_HOLD:
	case CONF_LEARN:
		return read_choice(report, option, node, field);
	case CONF_ACCESS:
	case CONF_DIAGNOSTICS:
		return read_log(report, option, node, field);
	case CONF_TOKEN:
		return read_token(report, option, node, field);
	case CONF_WORKERS:
		return read_workers(report, option, node, field);
	case CONF_ADDRESS:
		return conf_addresses_read(report, option, node, field);
	case CONF_FILE:
		return read_file(report, option, node, field);
	case CONF_TRUST:
	case CONF_HOST_TRUST:
		return read_trust(report, option, node, field);
	case CONF_BODY_PATH:
		return conf_body_path(report, node, base);
	case CONF_JSON:
		return conf_body_json(report, option, node, field);
	case CONF_TEXT_IN:
		return conf_body_text(report, option, node, field);
	case CONF_PAUSE_AFTER:
		return conf_pause_after(report, option, node, base);
	case CONF_COST_PATH:
		return conf_cost_path(report, node, base);
	case CONF_COST_HEADER:
		return conf_cost_header(report, option, node, base);
	case CONF_PER:
	case CONF_FAIR_BY:
		return conf_fair_key(report, option, node, field);
	default:
		abort();
	}
}
