/* SPDX-License-Identifier: ISC */
#include "conf/conf.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf_options.h"
#include "conf/conf_value.h"
#include "conf/conf_yaml.h"

/*
 * A configuration is built by conf_parse() in one go: first every default is
 * read out of the option table, then the file's tree is walked level by level
 * against that table, and each rule is completed where it ends.  Nobody sees
 * it before it is whole; from then on it does not change, and goes with its
 * last reference.
 */

#define FILE_MAX	(64 * 1024 * 1024)	/* bytes */
#define LONGEST		(3652 * 86400 * UINT64_C(1000000000)) /* ns */

/* What is allocated: the reference count is nobody else's. */
struct counted {
	struct conf	 conf;		/* first */
	atomic_uint	 references;
};

struct loader {
	struct conf_report	 report;
	struct conf		*conf;
	struct conf_rule	 rule;	/* defaults of a rule */
	struct throttle_rate	 rate;	/* defaults of one of several rates */
};

static bool	 load_level(struct loader *, enum conf_level,
		    const struct conf_node *, void *);

/* The defaults of the table as a list in YAML, to be freed. */
static char *
defaults_text(size_t *size)
{
	const struct conf_option	*option;
	char				*text = NULL;
	FILE				*out = open_memstream(&text, size);

	if (out == NULL)
		return NULL;
	fputs("[\n", out);
	for (option = conf_options(); option->path != NULL; option++)
		if (option->fallback != NULL)
			fprintf(out, "%s,\n", option->fallback);
	fputs("]\n", out);
	fclose(out);
	return text;
}

static void *
base_of(struct loader *l, const struct conf_option *option)
{
	switch (option->level) {
	case CONF_RULE:
	case CONF_QUEUE:
	case CONF_PAUSE:
		return &l->rule;
	case CONF_RATE:
		return &l->rate;
	default:
		return l->conf;
	}
}

static bool
read_defaults(struct loader *l, const struct conf_node *list)
{
	const struct conf_option	*option;
	const struct conf_entry		*entry = list->first;

	for (option = conf_options(); option->path != NULL; option++) {
		if (option->fallback == NULL)
			continue;
		if (!conf_option_read(&l->report, option, entry->value,
		    base_of(l, option)))
			return false;
		entry = entry->next;
	}
	return true;
}

/* Defaults come the same way as what a file says. */
static bool
load_defaults(struct loader *l)
{
	struct conf_yaml	*yaml;
	size_t			 size;
	char			*text = defaults_text(&size);
	bool			 ok;

	if (text == NULL)
		return conf_wrong(&l->report, NULL, "out of memory");
	yaml = conf_yaml_parse(&l->report, text, size);
	free(text);
	if (yaml == NULL)
		return false;
	ok = read_defaults(l, conf_yaml_root(yaml));
	conf_yaml_free(yaml);
	return ok;
}

static bool
is_mapping(struct loader *l, const struct conf_node *node, const char *what)
{
	if (node->type == CONF_MAPPING)
		return true;
	if (conf_node_null(node))
		return conf_wrong(&l->report, node, "nothing, expected %s "
		    "(for none leave the key out, or write {})", what);
	return conf_wrong(&l->report, node, "a %s, expected %s",
	    node->type == CONF_LIST ? "list" : "plain value", what);
}

static bool
unknown(struct loader *l, enum conf_level level, const struct conf_node *key)
{
	const char	*nearest = conf_option_nearest(level, key->text);
	char		*keys = conf_option_keys(level);

	if (keys == NULL)
		return conf_wrong(&l->report, NULL, "out of memory");
	conf_wrong(&l->report, key, "an unknown key, expected %s%s%s%s", keys,
	    nearest == NULL ? "" : "; did you mean \"",
	    nearest == NULL ? "" : nearest, nearest == NULL ? "" : "\"?");
	free(keys);
	return false;
}

static bool
twice(struct loader *l, const struct conf_node *key,
    const struct conf_node *first)
{
	return conf_wrong(&l->report, key, "a key that is there twice, "
	    "expected once; the first is at line %u, column %u", first->line,
	    first->column);
}

/* The key of the rule that was loaded as number i. */
static const struct conf_node *
key_of(const struct conf_node *hosts, size_t i)
{
	const struct conf_entry	*entry = hosts->first;

	while (i-- > 0)
		entry = entry->next;
	return entry->key;
}

static const struct conf_node *
value_of(const struct conf_node *node, const char *key)
{
	const struct conf_entry	*entry = conf_node_get(node, key);

	return entry == NULL ? NULL : entry->value;
}

/* Reports what is wrong with the value of a key of a mapping. */
static bool
wrong_value(struct loader *l, const struct conf_node *node, const char *key,
    const char *what)
{
	conf_enter(&l->report, key, 0);
	conf_wrong(&l->report, value_of(node, key), "%s", what);
	conf_leave(&l->report);
	return false;
}

static void
default_burst(struct throttle_rate *rate)
{
	uint64_t	 burst = rate->capacity / (rate->strict ? 10 : 1);

	rate->burst = burst > THROTTLE_UNIT ? burst : THROTTLE_UNIT;
}

/*
 * A strict rate keeps its burst back from what it refills, so the burst is
 * part of the capacity; only a capacity of one or less cannot be split.
 */
static bool
strict_holds(const struct throttle_rate *rate)
{
	if (!rate->strict || rate->burst < rate->capacity)
		return true;
	return rate->capacity <= THROTTLE_UNIT && rate->burst == THROTTLE_UNIT;
}

/* Whether a full burst comes back within a time that can be computed with. */
static bool
refills(const struct throttle_rate *rate)
{
	uint64_t		 effective = rate->capacity;
	uint64_t		 cost = rate->burst;
	unsigned __int128	 time;

	if (rate->strict && rate->burst < rate->capacity)
		effective -= rate->burst;
	if (cost < THROTTLE_UNIT)
		cost = THROTTLE_UNIT;
	time = (unsigned __int128)cost * rate->period / effective;
	return time < LONGEST;
}

/* Completes a rate out of the keys of its mapping, and checks them together. */
static bool
finish_rate(struct loader *l, const struct conf_node *node,
    struct throttle_rate *rate)
{
	if (value_of(node, "burst") == NULL)
		default_burst(rate);
	if (!strict_holds(rate))
		return wrong_value(l, node, "burst", "as much as capacity or "
		    "more, expected less beside strict: true");
	if (!refills(rate))
		return wrong_value(l, node, "capacity", "so little that burst "
		    "(or a request of cost 1) takes 10 years or more, "
		    "expected more, or a shorter period");
	return true;
}

static bool
load_rate(struct loader *l, const struct conf_node *node,
    struct throttle_rate *rate)
{
	*rate = l->rate;
	if (!is_mapping(l, node, "a rate such as {capacity: 10, period: 1s}") ||
	    !load_level(l, CONF_RATE, node, rate))
		return false;
	if (value_of(node, "capacity") == NULL)
		return conf_wrong(&l->report, node,
		    "a rate without capacity, expected one with it");
	return finish_rate(l, node, rate);
}

static bool
load_rates(struct loader *l, const struct conf_option *option,
    const struct conf_node *node, struct throttle_limits *limits)
{
	const struct conf_entry	*entry;
	bool			 ok = true;

	if (node->type != CONF_LIST)
		return conf_wrong(&l->report, node, "no list, expected %s such "
		    "as [{capacity: 10, period: 1s}]", option->range);
	if (node->n < option->min || node->n > option->max)
		return conf_wrong(&l->report, node, "%zu rates, expected %s",
		    node->n, option->range);
	limits->nrates = 0;
	for (entry = node->first; ok && entry != NULL; entry = entry->next) {
		conf_enter(&l->report, NULL, limits->nrates);
		ok = load_rate(l, entry->value,
		    &limits->rates[limits->nrates]);
		conf_leave(&l->report);
		limits->nrates++;
	}
	return ok;
}

/* capacity and its like, and rates: one or the other. */
static bool
finish_rates(struct loader *l, const struct conf_node *node,
    struct throttle_limits *limits)
{
	static const char *const	 keys[] = {
		"capacity", "period", "burst", "strict",
	};
	size_t				 i;

	for (i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (value_of(node, keys[i]) == NULL)
			continue;
		if (value_of(node, "rates") != NULL)
			return wrong_value(l, node, keys[i], "beside rates, "
			    "expected one or the other; put it into rates");
		if (value_of(node, "capacity") == NULL)
			return wrong_value(l, node, keys[i], "without "
			    "capacity, expected capacity beside it");
	}
	if (value_of(node, "capacity") == NULL)
		return true;
	limits->nrates = 1;
	return finish_rate(l, node, &limits->rates[0]);
}

static bool
finish_pause(struct loader *l, const struct conf_node *node,
    struct conf_rule *rule)
{
	const struct conf_node	*pause = value_of(node, "pause");
	char			 text[96], buf[CONF_TEXT];

	if (rule->pause_default <= rule->pause_max)
		return true;
	if (pause == NULL || value_of(pause, "default") == NULL) {
		rule->pause_default = rule->pause_max;
		return true;
	}
	snprintf(text, sizeof text, "longer than max, expected at most %s",
	    conf_duration_text(buf, rule->pause_max));
	conf_enter(&l->report, "pause", 0);
	wrong_value(l, pause, "default", text);
	conf_leave(&l->report);
	return false;
}

/* A rule with its name already set; wildcard: whether it may be shared. */
static bool
load_rule(struct loader *l, const struct conf_node *node,
    struct conf_rule *rule, bool wildcard)
{
	if (!is_mapping(l, node, "a mapping such as {capacity: 10}") ||
	    !load_level(l, CONF_RULE, node, rule) ||
	    !finish_rates(l, node, &rule->limits) ||
	    !finish_pause(l, node, rule))
		return false;
	if (rule->shared && !wildcard)
		return wrong_value(l, node, "shared", "true, expected that "
		    "with a pattern that begins with * only");
	return true;
}

static char *
pattern_name(const struct pattern *pattern)
{
	const struct http1_host	*host = &pattern->host;
	bool			 v6 = host->kind == HTTP1_IPV6;
	char			*name = NULL;
	char			 port[8] = "";

	if (host->port != 0)
		snprintf(port, sizeof port, ":%u", (unsigned)host->port);
	if (asprintf(&name, "%s%s%s%s%s%s", pattern->wildcard ? "*" : "",
	    pattern->wildcard && host->name[0] != '\0' ? "." : "",
	    v6 ? "[" : "", host->name, v6 ? "]" : "", port) < 0)
		return NULL;
	return name;
}

static bool
load_host(struct loader *l, const struct conf_node *hosts,
    const struct conf_entry *entry)
{
	struct conf		*conf = l->conf;
	struct conf_rule	*rule = &conf->rules[conf->nrules];
	struct pattern		 pattern;
	const struct conf_rule	*other;
	const char		*expected;

	expected = pattern_parse(&pattern, entry->key->text,
	    strlen(entry->key->text));
	if (expected != NULL)
		return conf_wrong(&l->report, entry->key,
		    "no host pattern, expected %s", expected);
	*rule = l->rule;
	rule->has_port = pattern.host.port != 0;
	rule->name = pattern_name(&pattern);
	if (rule->name == NULL)
		return conf_wrong(&l->report, NULL, "out of memory");
	conf->nrules++;
	other = pattern_set_add(conf->patterns, &pattern, rule);
	if (other != NULL)
		return twice(l, entry->key,
		    key_of(hosts, (size_t)(other - conf->rules)));
	return load_rule(l, entry->value, rule, pattern.wildcard);
}

static bool
load_hosts(struct loader *l, const struct conf_node *node)
{
	const struct conf_entry	*entry;
	bool			 ok = true;

	if (!is_mapping(l, node, "a mapping of host patterns"))
		return false;
	if (node->n == 0)
		return true;
	l->conf->rules = calloc(node->n, sizeof *l->conf->rules);
	if (l->conf->rules == NULL)
		return conf_wrong(&l->report, NULL, "out of memory");
	for (entry = node->first; ok && entry != NULL; entry = entry->next) {
		conf_enter(&l->report, entry->key->text, 0);
		ok = load_host(l, node, entry);
		conf_leave(&l->report);
	}
	return ok;
}

static bool
load_option(struct loader *l, const struct conf_option *option,
    const struct conf_node *node, void *base)
{
	struct conf_rule	*rule = base;

	switch (option->kind) {
	case CONF_SECTION:
		return is_mapping(l, node, "a mapping") &&
		    load_level(l, (enum conf_level)option->max, node, base);
	case CONF_DEFAULTS:
		l->conf->fallback.name = "defaults";
		return load_rule(l, node, &l->conf->fallback, false);
	case CONF_HOSTS:
		return load_hosts(l, node);
	case CONF_RATES:
		return load_rates(l, option, node, &rule->limits);
	default:
		return conf_option_read(&l->report, option, node, base);
	}
}

static bool
load_entry(struct loader *l, enum conf_level level,
    const struct conf_node *node, const struct conf_entry *entry, void *base)
{
	const struct conf_option	*option;
	const struct conf_entry		*first;

	option = conf_option_find(level, entry->key->text);
	if (option == NULL)
		return unknown(l, level, entry->key);
	first = conf_node_get(node, entry->key->text);
	if (first != entry)
		return twice(l, entry->key, first->key);
	return load_option(l, option, entry->value, base);
}

static bool
load_level(struct loader *l, enum conf_level level,
    const struct conf_node *node, void *base)
{
	const struct conf_entry	*entry;
	bool			 ok = true;

	for (entry = node->first; ok && entry != NULL; entry = entry->next) {
		conf_enter(&l->report, entry->key->text, 0);
		ok = load_entry(l, level, node, entry, base);
		conf_leave(&l->report);
	}
	return ok;
}

static bool
load_root(struct loader *l, const struct conf_node *root)
{
	if (conf_node_null(root))
		return conf_wrong(&l->report, root,
		    "the file is empty, expected at least one key");
	if (root->type != CONF_MAPPING)
		return conf_wrong(&l->report, root,
		    "not a configuration, expected keys such as listen: and "
		    "hosts:");
	return load_level(l, CONF_TOP, root, l->conf);
}

static bool
load(struct loader *l, const char *text, size_t len)
{
	struct conf_yaml	*yaml;
	bool			 ok;

	l->conf->path = strdup(l->report.name);
	l->conf->patterns = pattern_set_new();
	if (l->conf->path == NULL || l->conf->patterns == NULL)
		return conf_wrong(&l->report, NULL, "out of memory");
	if (!load_defaults(l))
		return false;
	l->rule.name = "unlimited";
	l->conf->fallback = l->rule;
	yaml = conf_yaml_parse(&l->report, text, len);
	if (yaml == NULL)
		return false;
	ok = load_root(l, conf_yaml_root(yaml));
	conf_yaml_free(yaml);
	return ok;
}

struct conf *
conf_parse(const char *name, const char *text, size_t len, char **cause)
{
	struct loader	 l = { .report = { .name = name } };
	struct counted	*counted;

	*cause = NULL;
	counted = calloc(1, sizeof *counted);
	if (counted == NULL) {
		*cause = strdup("out of memory");
		return NULL;
	}
	atomic_init(&counted->references, 1);
	l.conf = &counted->conf;
	if (load(&l, text, len))
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
	for (i = 0; i < conf->nrules; i++)
		free((char *)(uintptr_t)conf->rules[i].name);
	free(conf->rules);
	pattern_set_free(conf->patterns);
	conf_addresses_free(&conf->listen);
	conf_addresses_free(&conf->resolver);
	free(conf->log_access);
	free(conf->path);
	free(counted);
}

const struct conf_rule *
conf_shared_rule(const struct conf *conf, const char *name)
{
	size_t	 i;

	for (i = 0; i < conf->nrules; i++) {
		if (conf->rules[i].shared &&
		    strcmp(conf->rules[i].name, name) == 0)
			return &conf->rules[i];
	}
	return NULL;
}

const struct conf_rule *
conf_rule(const struct conf *conf, const struct http1_host *host)
{
	const struct conf_rule	*rule;

	rule = pattern_set_match(conf->patterns, host);
	return rule == NULL ? &conf->fallback : rule;
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
