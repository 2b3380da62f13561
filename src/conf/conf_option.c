/* SPDX-License-Identifier: ISC */
#include "conf/conf_option.h"

#include <stdio.h>
#include <string.h>

#include "conf/conf_table.h"
#include "conf/conf_value.h"

const char *
conf_option_key(const struct conf_option *option)
{
	static const size_t	 prefix[] = {
		[CONF_TOP] = 0,
		[CONF_LISTENER] = sizeof "listen[]",
		[CONF_LISTENER_TLS] = sizeof "listen[].tls",
		[CONF_LOG] = sizeof "log",
		[CONF_TIMEOUTS] = sizeof "timeouts",
		[CONF_LIMITS] = sizeof "limits",
		[CONF_VIA] = sizeof "via",
		[CONF_TLS] = sizeof "tls",
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
		[CONF_WEIGHT] = sizeof "hosts.*.weights",
		[CONF_TUNNEL] = sizeof "hosts.*.tunnel",
		[CONF_HOST_TLS] = sizeof "hosts.*.tls",
	};

	return option->path + prefix[option->level];
}

const struct conf_option *
conf_option_find(enum conf_level level, const char *key)
{
	const struct conf_option	*o;

	for (o = conf_options(); o->path != NULL; o++)
		if (o->level == (int)level &&
		    strcmp(conf_option_key(o), key) == 0)
			return o;
	return NULL;
}

const char *
conf_option_nearest(enum conf_level level, const char *word)
{
	const struct conf_option	*o;
	const char			*best = NULL;
	unsigned			 distance, least = 0;

	for (o = conf_options(); o->path != NULL; o++) {
		if (o->level != (int)level ||
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
conf_option_keys(enum conf_level level)
{
	const struct conf_option	*o;
	const char			*comma = "";
	char				*text = NULL;
	size_t				 size;
	FILE				*out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	for (o = conf_options(); o->path != NULL; o++) {
		if (o->level != (int)level)
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
	switch (option->kind) {
	case CONF_DURATION:
		return "a duration in ms, s, m, h or d, from ";
	case CONF_SIZE:
		return "a size in bytes, KiB, MiB or GiB, from ";
	case CONF_INTEGER:
	case CONF_INTEGER32:
		return "a whole number from ";
	case CONF_UNITS:
		return "a number from ";
	case CONF_BOOLEAN:
		return "true or false";
	case CONF_WORKERS:
		return "auto or a whole number from ";
	case CONF_LISTEN:
	case CONF_ADDRESS:
		return "an address and port such as 127.0.0.1:3128, "
		    "[::1]:3128 or unix:/run/sluice.sock";
	case CONF_RESOLVER:
		return "system, or addresses such as 192.0.2.53 or "
		    "[2001:db8::53]:53";
	case CONF_STATUSES:
	case CONF_PAUSE_STATUSES:
		return "a list of statuses, ";
	case CONF_BODY_STATUSES:
		return "a status or a list, ";
	case CONF_BODY_TEXTS_IN:
		return "a text or a list, ";
	case CONF_TEXT_IN:
		return "a text";
	case CONF_JSON:
	case CONF_DELAY:
		return "keys with dots between them such as "
		    "error.details.*.retryDelay";
	case CONF_PAUSE_AFTER:
		return "off or a duration in ms, s, m, h or d, from ";
	case CONF_RETRY_METHODS:
		return "a list of ";
	case CONF_COST_METHODS:
		return "a method or a list, ";
	case CONF_UPGRADES:
		return "a protocol or a list, ";
	case CONF_COST_PATH:
		return "a path pattern such as /search";
	case CONF_COST_HEADER:
		return "a field such as ";
	case CONF_FILE:
		return "the path of a PEM file";
	case CONF_TOKEN:
		return "a name such as proxy-1, ";
	default:
		return "";
	}
}
