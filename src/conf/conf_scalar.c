/* SPDX-License-Identifier: ISC */
#include "conf/conf_scalar.h"

#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "conf/conf_advice_value.h"
#include "conf/conf_list.h"
#include "conf/conf_option_wrong.h"
#include "conf/conf_value.h"

static const char *
number(int kind, const char *text, uint64_t *value)
{
	switch (kind) {
	case CONF_DURATION:
	case CONF_DURATION_OFF:
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
	const char *wrong;

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
	uint64_t value;

	if (!read_number(report, option, node, &value))
		return false;
	*field = (uint32_t)value;
	return true;
}

bool
conf_scalar_number(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	return read_number(&w->report, option, node, field);
}

bool
conf_scalar_percent(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	size_t len = strlen(node->text);
	const char *wrong = "has no % behind it";
	char number[CONF_TEXT];
	uint64_t units = 0;

	if (len > 0 && len < sizeof number && node->text[len - 1] == '%') {
		snprintf(number, sizeof number, "%.*s", (int)len - 1,
		    node->text);
		wrong = conf_units(number, &units);
	}
	if (wrong == NULL && units > option->max)
		wrong = "is too much";
	if (wrong != NULL)
		return conf_option_wrong(&w->report, option, node, wrong);
	*(uint32_t *)field = (uint32_t)(units / 100);
	return true;
}

bool
conf_scalar_integer32(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	return read_integer32(&w->report, option, node, field);
}

/* The cores that this process may run on, not those that are there. */
static unsigned
cores(unsigned max)
{
	cpu_set_t set;
	long n = 0;

	if (sched_getaffinity(0, sizeof set, &set) == 0)
		n = CPU_COUNT(&set);
	if (n < 1)
		n = sysconf(_SC_NPROCESSORS_ONLN);
	if (n < 1)
		return 1;
	return n > (long)max ? max : (unsigned)n;
}

bool
conf_scalar_workers(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct conf_report *report = &w->report;
	unsigned *workers = field;

	if (strcasecmp(node->text, "auto") != 0)
		return read_integer32(report, option, node, workers);
	*workers = cores((unsigned)option->max);
	return true;
}

bool
conf_scalar_number_off(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	uint64_t *value = field;

	if (strcasecmp(node->text, "off") != 0)
		return read_number(&w->report, option, node, value);
	*value = 0;
	return true;
}

bool
conf_scalar_boolean(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct conf_report *report = &w->report;
	const char *wrong = conf_boolean(node->text, field);

	return wrong == NULL || conf_option_wrong(report, option, node, wrong);
}

/* Enumerations have the room and the form of an int. */
_Static_assert(sizeof(enum rule_https) == sizeof(int) &&
    sizeof(enum conf_log_format) == sizeof(int), "enum is no int");

bool
conf_scalar_choice(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct conf_report *report = &w->report;
	const char *const *names = option->as->choices;
	const char *best = NULL;
	char buf[CONF_SHOW];
	unsigned distance, least = 0;
	int i;

	for (i = 0; names[i] != NULL; i++) {
		if (strcmp(node->text, names[i]) == 0) {
			*(int *)field = i;
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
	char *copy = text == NULL ? NULL : strdup(text);

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
read_path(struct conf_report *report, const struct conf_option *option,
    const struct conf_node *node, char **field)
{
	if (strchr(node->text, '/') == NULL)
		return conf_option_wrong(report, option, node,
		    "has no / in it");
	return set_text(report, node->text, field);
}

bool
conf_scalar_access(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	if (strcasecmp(node->text, "off") == 0)
		return set_text(&w->report, NULL, field);
	if (strcmp(node->text, "-") == 0)
		return set_text(&w->report, node->text, field);
	return read_path(&w->report, option, node, field);
}

bool
conf_scalar_diagnostics(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	if (strcasecmp(node->text, "stderr") == 0)
		return set_text(&w->report, NULL, field);
	return read_path(&w->report, option, node, field);
}

/* RFC 9110 5.6.2 */
bool
conf_scalar_token(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct conf_report *report = &w->report;
	size_t len = strlen(node->text);

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

bool
conf_scalar_file(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	return read_file(&w->report, option, node, field);
}

/* Whose directory is another's business than that of whoever starts it. */
bool
conf_scalar_state(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	if (strcasecmp(node->text, "none") == 0)
		return set_text(&w->report, NULL, field);
	if (node->text[0] != '/')
		return conf_option_wrong(&w->report, option, node,
		    "is no absolute path");
	return set_text(&w->report, node->text, field);
}

/* A path or the system's, which a file of that name is not: it is ./system. */
bool
conf_scalar_trust(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	if (strcasecmp(node->text, "system") != 0)
		return read_file(&w->report, option, node, field);
	return set_text(&w->report, NULL, field);
}

/* A host's stays a word, so that it is more than none. */
bool
conf_scalar_host_trust(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	if (strcasecmp(node->text, "system") != 0)
		return read_file(&w->report, option, node, field);
	return set_text(&w->report, "system", field);
}

static bool
add_status(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct conf_report *report = &w->report;
	struct rule *rule = field;
	uint64_t status;
	unsigned i;

	if (!read_number(report, option, node, &status))
		return false;
	for (i = 0; i < rule->nretry_statuses; i++)
		if (rule->retry_statuses[i] == (int)status)
			return conf_option_wrong(report, option, node,
			    "is there twice");
	rule->retry_statuses[rule->nretry_statuses++] = (int)status;
	return true;
}

bool
conf_scalar_statuses(struct conf_walk *w, const struct conf_option *option,
    const struct conf_node *node, void *field)
{
	struct rule *rule = field;
	size_t n = conf_list_length(node);

	rule->nretry_statuses = 0;
	if (n > RULE_STATUSES_MAX)
		return conf_wrong(&w->report, node, "%zu statuses, expected "
		    "%s%s", n, conf_option_noun(option), option->range);
	return conf_list_read(w, option, node, add_status, rule);
}

void
conf_scalar_print_duration(FILE *out, const struct conf_option *option,
    const void *field)
{
	char buf[CONF_TEXT];

	(void)option;
	fputs(conf_duration_text(buf, *(const uint64_t *)field), out);
}

void
conf_scalar_print_duration_off(FILE *out, const struct conf_option *option,
    const void *field)
{
	if (*(const uint64_t *)field == 0)
		fputs("off", out);
	else
		conf_scalar_print_duration(out, option, field);
}

void
conf_scalar_print_size(FILE *out, const struct conf_option *option,
    const void *field)
{
	char buf[CONF_TEXT];

	(void)option;
	fputs(conf_size_text(buf, *(const uint64_t *)field), out);
}

void
conf_scalar_print_integer(FILE *out, const struct conf_option *option,
    const void *field)
{
	(void)option;
	fprintf(out, "%" PRIu64, *(const uint64_t *)field);
}

void
conf_scalar_print_integer_off(FILE *out, const struct conf_option *option,
    const void *field)
{
	if (*(const uint64_t *)field == 0)
		fputs("off", out);
	else
		conf_scalar_print_integer(out, option, field);
}

void
conf_scalar_print_workers(FILE *out, const struct conf_option *option,
    const void *field)
{
	(void)option;
	fprintf(out, "%u", *(const unsigned *)field);
}

void
conf_scalar_print_boolean(FILE *out, const struct conf_option *option,
    const void *field)
{
	(void)option;
	fputs(*(const bool *)field ? "true" : "false", out);
}

void
conf_scalar_print_choice(FILE *out, const struct conf_option *option,
    const void *field)
{
	fputs(option->as->choices[*(const int *)field], out);
}

void
conf_scalar_print_text(FILE *out, const struct conf_option *option,
    const void *field)
{
	const char *text = *(char *const *)field;

	fputs(text != NULL ? text : option->as->none, out);
}
