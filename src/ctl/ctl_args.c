/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/events.h"
#include "conf/conf_value.h"
#include "ctl/ctl_fail.h"

#define SECOND	UINT64_C(1000000000)
#define DEFAULT	10		/* s to wait for an answer */
#define COUNT	1000		/* of what a list may be limited to */

/* Looking up */

static const struct ctl_option *
by_name(const struct ctl_option *o, const char *name, size_t n)
{
	for (; o != NULL && o->name != NULL; o++)
		if (strlen(o->name) == n && strncmp(o->name, name, n) == 0)
			return o;
	return NULL;
}

static const struct ctl_option *
by_letter(const struct ctl_option *o, char letter)
{
	for (; o != NULL && o->name != NULL; o++)
		if (o->letter == letter)
			return o;
	return NULL;
}

/* What an argument is, and where its value stands in it, or NULL. */
static const struct ctl_option *
look_up(const struct ctl_option *options, const char *arg,
    const char **value)
{
	const char *equals;

	*value = NULL;
	if (arg[1] != '-') {
		*value = arg[2] != '\0' ? arg + 2 : NULL;
		return by_letter(options, arg[1]);
	}
	equals = strchr(arg, '=');
	if (equals != NULL)
		*value = equals + 1;
	return by_name(options, arg + 2, equals != NULL ?
	    (size_t)(equals - arg) - 2 : strlen(arg + 2));
}

static bool
is_option(const char *arg)
{
	return arg[0] == '-' && arg[1] != '\0';
}

int
ctl_args_operand(const struct ctl_option *common, int argc,
    char *const *argv)
{
	const struct ctl_option *option;
	const char *value;
	int i;

	for (i = 1; i < argc && is_option(argv[i]); i++) {
		if (strcmp(argv[i], "--") == 0)
			return i + 1 < argc ? i + 1 : 0;
		option = look_up(common, argv[i], &value);
		if (option == NULL)
			return 0;
		if (option->value != NULL && value == NULL)
			i++;
	}
	return i < argc ? i : 0;
}

/* What is wrong */

/* The option that is most like that; or NULL. */
static const char *
nearest(const struct ctl *c, const char *name)
{
	const struct ctl_option *lists[] = { c->command->options, c->common };
	const struct ctl_option *o;
	unsigned distance, least = 0;
	const char *best = NULL;
	size_t i;

	for (i = 0; i < sizeof lists / sizeof lists[0]; i++)
		for (o = lists[i]; o != NULL && o->name != NULL; o++)
			if (conf_near(name, o->name, &distance) &&
			    (best == NULL || distance < least)) {
				best = o->name;
				least = distance;
			}
	return best;
}

static int
unknown(const struct ctl *c, const char *arg)
{
	const char *near = arg[1] == '-' ? nearest(c, arg + 2) : NULL;

	if (near != NULL)
		return ctl_fail(c, CTL_USAGE, "there is no option %s; did you "
		    "mean --%s?", arg, near);
	return ctl_fail(c, CTL_USAGE, "there is no option %s; see sluice %s "
	    "-h", arg, c->command->name);
}

static int
wrong_choice(const struct ctl *c, const char *what, const char *value,
    const char *choices)
{
	return ctl_fail(c, CTL_USAGE, "%s: \"%s\" is none of these: %s",
	    what, value, choices);
}

static int
wrong_value(const struct ctl *c, const char *what, const char *value,
    const char *expected)
{
	return ctl_fail(c, CTL_USAGE, "%s: \"%s\" is not right; expected %s",
	    what, value, expected);
}

/* Whether the word is one of those. */
static bool
is_choice(const char *choices, const char *word)
{
	size_t n = strlen(word);
	const char *p;

	if (choices == NULL || n == 0)
		return false;
	for (p = choices; (p = strstr(p, word)) != NULL; p += n)
		if ((p == choices || p[-1] == ' ') &&
		    (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

/*
 * No throttle is named like that, and the target that would ask for it is that
 * of something else, or none.
 */
static int
check_host(const struct ctl *c, const char *what, const char *value)
{
	const char *p = value;

	if (*value == '\0')
		return ctl_fail(c, CTL_USAGE, "%s is empty; expected a "
		    "host's name, as sluice hosts lists it", what);
	if (strlen(value) >= EVENTS_HOST)
		return ctl_fail(c, CTL_USAGE, "%s: a name of %zu bytes is "
		    "longer than any host's", what, strlen(value));
	while (*p != '\0' && (unsigned char)*p >= 0x20 && *p != 0x7f)
		p++;
	return *p == '\0' ? CTL_DONE : ctl_fail(c, CTL_USAGE, "%s: no "
	    "host's name has a control character in it", what);
}

/* Checks here what needs no daemon to be wrong. */
static int
check(const struct ctl *c, const char *what, enum ctl_kind kind,
    const char *choices, const char *value)
{
	uint64_t n;

	switch (kind) {
	case CTL_HOST:
		return check_host(c, what, value);
	case CTL_TIME:
		if (conf_duration(value, &n) != NULL || n == UINT64_MAX)
			return wrong_value(c, what, value, "a time such as "
			    "30s, 5m or 1h");
		return CTL_DONE;
	case CTL_COUNT:
		if (conf_integer(value, &n) != NULL || n == 0 || n > COUNT)
			return wrong_value(c, what, value,
			    "a number from 1 to 1000");
		return CTL_DONE;
	case CTL_NUMBER:
		if (conf_integer(value, &n) != NULL || n == UINT64_MAX)
			return wrong_value(c, what, value, "a whole number");
		return CTL_DONE;
	case CTL_CHOICE:
		return is_choice(choices, value) ? CTL_DONE :
		    wrong_choice(c, what, value, choices);
	default:
		return CTL_DONE;
	}
}

/* Taking it in */

static void
take_common(struct ctl *c, const char *name, const char *value)
{
	if (strcmp(name, "socket") == 0)
		c->socket = value;
	else if (strcmp(name, "config") == 0)
		c->file = value;
	else if (strcmp(name, "json") == 0)
		c->json = true;
	else if (strcmp(name, "help") == 0)
		c->help = true;
	else if (conf_duration(value, &c->timeout) != NULL)
		c->timeout = 0;	/* it was checked before */
}

static int
take_option(struct ctl *c, const struct ctl_option *o, const char *value)
{
	char what[64];
	int status;

	snprintf(what, sizeof what, "--%s", o->name);
	if (o->value != NULL) {
		status = check(c, what, o->kind, o->choices, value);
		if (status != CTL_DONE)
			return status;
	}
	if (by_name(c->common, o->name, strlen(o->name)) == o) {
		take_common(c, o->name, value);
		return CTL_DONE;
	}
	c->given[c->ngiven].option = o;
	c->given[c->ngiven++].value = value;
	return CTL_DONE;
}

/* Takes the option at *i, and its value, which may be the next argument. */
static int
parse_option(struct ctl *c, int argc, char *const *argv, int *i)
{
	const char *arg = argv[*i], *value;
	const struct ctl_option *o = look_up(c->command->options, arg, &value);

	if (o == NULL)
		o = look_up(c->common, arg, &value);
	if (o == NULL)
		return unknown(c, arg);
	if (o->value == NULL && value != NULL)
		return ctl_fail(c, CTL_USAGE, "--%s has no value", o->name);
	if (o->value != NULL && value == NULL) {
		if (*i + 1 >= argc)
			return ctl_fail(c, CTL_USAGE, "--%s wants %s",
			    o->name, o->value);
		value = argv[++*i];
	}
	return take_option(c, o, value);
}

static unsigned
count(const struct ctl_command *command, bool needed)
{
	unsigned n = 0, all = 0;

	for (; command->operands[all].name != NULL; all++)
		n += !command->operands[all].optional;
	return needed ? n : all;
}

static int
check_operands(const struct ctl *c)
{
	unsigned least = count(c->command, true), i, k;
	unsigned most = count(c->command, false);
	const struct ctl_operand *o;
	int status;

	if (c->nargs < least)
		return ctl_fail(c, CTL_USAGE, "%s is missing; see sluice %s "
		    "-h", c->command->operands[c->nargs].name,
		    c->command->name);
	if (c->nargs > most && !c->command->more)
		return ctl_fail(c, CTL_USAGE, "\"%s\" is too much; see sluice "
		    "%s -h", c->args[most], c->command->name);
	for (i = 0; i < c->nargs; i++) {
		k = i < most ? i : most - 1;
		o = &c->command->operands[k];
		status = check(c, o->name, o->kind, o->choices, c->args[i]);
		if (status != CTL_DONE)
			return status;
	}
	return CTL_DONE;
}

bool
ctl_args_json(int argc, char *const *argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

static int
parse_all(struct ctl *c, int at, int argc, char *const *argv)
{
	bool options = true;
	int i, status;

	for (i = 1; i < argc; i++) {
		if (i == at)
			continue;
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
		} else if (!options || !is_option(argv[i])) {
			c->args[c->nargs++] = argv[i];
			options = options && !c->command->verbatim;
		} else {
			status = parse_option(c, argc, argv, &i);
			if (status != CTL_DONE)
				return status;
		}
	}
	return c->help ? CTL_DONE : check_operands(c);
}

int
ctl_args_parse(struct ctl *c, int at, int argc, char *const *argv)
{
	c->timeout = SECOND * (c->command->patience > 0 ?
	    c->command->patience : DEFAULT);
	c->nargs = c->ngiven = 0;
	c->args = calloc((size_t)argc, sizeof *c->args);
	c->given = calloc((size_t)argc, sizeof *c->given);
	if (c->args == NULL || c->given == NULL)
		return ctl_fail(c, CTL_FAILED, "out of memory");
	return parse_all(c, at, argc, argv);
}

void
ctl_args_free(struct ctl *c)
{
	free(c->args);
	free(c->given);
}

const char *
ctl_arg(const struct ctl *c, const char *name)
{
	unsigned i;

	for (i = c->ngiven; i-- > 0;)
		if (strcmp(c->given[i].option->name, name) == 0)
			return c->given[i].value;
	return NULL;
}

bool
ctl_arg_is(const struct ctl *c, const char *name)
{
	unsigned i;

	for (i = 0; i < c->ngiven; i++)
		if (strcmp(c->given[i].option->name, name) == 0)
			return true;
	return false;
}

const char *
ctl_operand(const struct ctl *c, unsigned i)
{
	return i < c->nargs ? c->args[i] : NULL;
}
