/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

/*
 * Any bytes are a configuration or one line of what is wrong with them; and
 * what is taken keeps the promises that others rely on.
 */

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(int condition)
{
	if (!condition)
		abort();
}

static void
check_rate(const struct throttle_rate *rate)
{
	require(rate->capacity > 0 && rate->period > 0 && rate->burst > 0);
	require(!rate->strict || rate->burst < rate->capacity ||
	    (rate->capacity <= THROTTLE_UNIT && rate->burst == THROTTLE_UNIT));
}

static void
check_rule(const struct conf_rule *rule)
{
	unsigned	 i;

	require(rule->name != NULL);
	require(rule->limits.nrates <= THROTTLE_RATES);
	for (i = 0; i < rule->limits.nrates; i++)
		check_rate(&rule->limits.rates[i]);
	require(rule->npause_statuses <= CONF_PAUSE_STATUSES);
	for (i = 0; i < rule->npause_statuses; i++)
		require(rule->pause_statuses[i] >= 400 &&
		    rule->pause_statuses[i] <= 599);
	require(rule->pause_default <= rule->pause_max);
}

/* A rule's own name finds it, unless it is a wildcard's. */
static void
check_match(const struct conf *conf, const struct conf_rule *rule)
{
	struct http1_host	 host;

	if (rule->name[0] == '*')
		return;
	require(http1_host_parse(&host, rule->name, strlen(rule->name)) ==
	    HTTP1_OK);
	require((host.port != 0) == rule->has_port);
	require(conf_rule(conf, &host) == rule);
}

static void
check_conf(const struct conf *conf)
{
	size_t	 i;

	require(conf->listen.n > 0);
	require(conf->workers > 0 && conf->workers <= 64);
	check_rule(&conf->fallback);
	for (i = 0; i < conf->nrules; i++) {
		check_rule(&conf->rules[i]);
		check_match(conf, &conf->rules[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf	*conf;
	char		*cause = NULL;

	conf = conf_parse("fuzz", (const char *)data, size, &cause);
	if (conf == NULL) {
		require(cause != NULL && strncmp(cause, "fuzz:", 5) == 0);
		require(strpbrk(cause, "\r\n") == NULL);
		free(cause);
		return 0;
	}
	require(cause == NULL);
	check_conf(conf);
	conf_unref(conf);
	return 0;
}
