/* SPDX-License-Identifier: ISC */
#include "conf/conf_option.h"

#include <stdio.h>
#include <string.h>

#include "conf/conf_value.h"

const char *
conf_option_key(const struct conf_option *option)
{
	static const size_t prefix[] = {
		[CONF_TOP] = 0,
		[CONF_LISTENER] = sizeof "listen[]",
		[CONF_LISTENER_TLS] = sizeof "listen[].tls",
		[CONF_ACCESS] = sizeof "access",
		[CONF_LOG] = sizeof "log",
		[CONF_TIMEOUTS] = sizeof "timeouts",
		[CONF_LIMITS] = sizeof "limits",
		[CONF_DESTINATIONS] = sizeof "destinations",
		[CONF_PORTS] = sizeof "destinations.ports",
		[CONF_METRICS] = sizeof "metrics",
		[CONF_STATE] = sizeof "state",
		[CONF_STORE] = sizeof "store",
		[CONF_SENTINEL] = sizeof "store.sentinel",
		[CONF_VIA] = sizeof "via",
		[CONF_TLS] = sizeof "tls",
		[CONF_ADMIN] = sizeof "admin",
		[CONF_RULE] = sizeof "hosts.*",
		[CONF_QUEUE] = sizeof "hosts.*.queue",
		[CONF_PAUSE] = sizeof "hosts.*.pause",
		[CONF_STATUS] = sizeof "hosts.*.pause.statuses[]",
		[CONF_BODY] = sizeof "hosts.*.pause.bodies[]",
		[CONF_BODY_DELAY] = sizeof "hosts.*.pause.bodies[].delay",
		[CONF_RETRY] = sizeof "hosts.*.retry",
		[CONF_RATE] = sizeof "hosts.*.rates[]",
		[CONF_COST] = sizeof "hosts.*.costs[]",
		[CONF_PATH] = sizeof "hosts.*.paths.*",
		[CONF_BUDGET] = sizeof "hosts.*.budgets.*",
		[CONF_BUDGET_RESERVE] = sizeof "hosts.*.budgets.*.reserve",
		[CONF_BUDGET_SETTLE] = sizeof "hosts.*.budgets.*.settle",
		[CONF_BUDGET_STREAM] = sizeof "hosts.*.budgets.*.stream",
		[CONF_WEIGHT] = sizeof "hosts.*.weights",
		[CONF_CANDIDATE] = sizeof "hosts.*.candidate",
		[CONF_CANDIDATE_QUEUE] = sizeof "hosts.*.candidate.queue",
		[CONF_UPSTREAM] = sizeof "hosts.*.upstream",
		[CONF_TUNNEL] = sizeof "hosts.*.tunnel",
		[CONF_HOST_TLS] = sizeof "hosts.*.tls",
		[CONF_PARENT] = sizeof "parent",
		[CONF_PARENT_TLS] = sizeof "parent.tls",
	};

	return option->path + prefix[option->level];
}

const struct conf_option *
conf_option_next(const struct conf_option *option)
{
	option++;
	return option->path != NULL ? option : option->rest;
}

const struct conf_option *
conf_option_find(const struct conf_option *table, enum conf_level level,
    const char *key)
{
	const struct conf_option *o;

	for (o = table; o != NULL; o = conf_option_next(o))
		if (o->level == level &&
		    strcmp(conf_option_key(o), key) == 0)
			return o;
	return NULL;
}

const char *
conf_option_nearest(const struct conf_option *table, enum conf_level level,
    const char *word)
{
	const struct conf_option *o;
	const char *best = NULL;
	unsigned distance, least = 0;

	for (o = table; o != NULL; o = conf_option_next(o)) {
		if (o->level != level ||
		    !conf_near(word, conf_option_key(o), &distance))
			continue;
		if (best == NULL || distance < least) {
			best = conf_option_key(o);
			least = distance;
		}
	}
	return best;
}

char *
conf_option_keys(const struct conf_option *table, enum conf_level level)
{
	const struct conf_option *o;
	const char *comma = "";
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	for (o = table; o != NULL; o = conf_option_next(o)) {
		if (o->level != level)
			continue;
		fprintf(out, "%s%s", comma, conf_option_key(o));
		comma = ", ";
	}
	fclose(out);
	return text;
}

const char *
conf_option_noun(const struct conf_option *option)
{
	return option->as->noun == NULL ? "" : option->as->noun;
}
