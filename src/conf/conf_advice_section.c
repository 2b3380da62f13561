/* SPDX-License-Identifier: ISC */
#include "conf/conf_advice_section.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf_advice.h"
#include "conf/conf_advice_key.h"
#include "conf/conf_value.h"

/* Plain text where a mapping is needed. */

static const char	 no[] = " off no false none never n disable disabled ";

/* Keys whose mapping people leave out, and what their text then stands for. */
static const struct {
	const char	*key;
	const char	*number;	/* N stands for it */
	const char	*time;
	const char	*none;		/* for "off" */
	const char	*word;		/* a name, N stands for it */
	const char	*other;
} sections[] = {
	{ "queue", "queue: {length: N}", "queue: {max_wait: N}",
	    "queue: {length: 0}", NULL, NULL },
	{ "pause", NULL, "pause: {default: N}", "pause: {statuses: []}", NULL,
	    NULL },
	{ "retry", "retry: {attempts: N}", NULL, "retry: {attempts: 0}", NULL,
	    "retry: {attempts: 2}" },
	{ "tunnel", NULL, "tunnel: {idle: N}", NULL, NULL, NULL },
	{ "timeouts", "timeouts: {response: Ns}", "timeouts: {response: N}",
	    NULL, NULL, NULL },
	{ "limits", "limits: {connections: N}", NULL, NULL, NULL, NULL },
	{ "log", NULL, NULL, "log: {access: off}", NULL,
	    "log: {level: debug, access: \"-\"}" },
	{ "via", NULL, NULL, "via: {send: false}", NULL,
	    "via: {name: proxy-1}" },
	{ "settle", NULL, NULL, NULL, "settle: {json: N}",
	    "settle: {json: usage.total_tokens}" },
	{ "reserve", "reserve: {default: N}", NULL, "reserve: {default: 0}",
	    "reserve: {output: N}", "reserve: {input: bytes/4}" },
	{ "stream", NULL, NULL, "stream: {format: none}", NULL,
	    "stream: {format: sse}" },
};

/* A member of JSON, or a path to one. */
static bool
is_word(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.*");

	return isalpha((unsigned char)text[0]) && text[n] == '\0' &&
	    n < CONF_TEXT && !conf_advice_is(" true yes on y ", text);
}

/* Puts a number, a time or a name in the place of N. */
static void
fill_in(char buf[CONF_ADVICE], const char *form, const char *what)
{
	const char *n = strchr(form, 'N');

	snprintf(buf, CONF_ADVICE, "; did you mean \"%.*s%s%s\"?",
	    (int)(n - form), form, what, n + 1);
}

static void
advise_limits(char buf[CONF_ADVICE], const char *text)
{
	char rate[CONF_ADVICE_RATE], number[CONF_TEXT];

	if (conf_advice_is(conf_advice_unlimited, text))
		rate[0] = '\0';
	else if (conf_advice_number(number, text))
		snprintf(rate, sizeof rate, "capacity: %s", number);
	else if (!conf_advice_rate(rate, text))
		return;
	snprintf(buf, CONF_ADVICE, "; did you mean \"{%s}\"?", rate);
}

/* The URL of a store, which is all that many would say of it. */
static bool
advise_store(char buf[CONF_ADVICE], const char *text)
{
	char show[CONF_SHOW];

	if (strncasecmp(text, "redis://", 8) != 0 &&
	    strncasecmp(text, "rediss://", 9) != 0)
		return false;
	snprintf(buf, CONF_ADVICE, "; did you mean \"store: {redis: \"%s\"}"
	    "\"?", conf_show(show, text));
	return true;
}

static void
advise_named(char buf[CONF_ADVICE], const char *key, const char *text)
{
	char what[CONF_TEXT];
	uint64_t ns;
	size_t i;

	for (i = 0; i < sizeof sections / sizeof sections[0]; i++) {
		if (strcmp(key, sections[i].key) != 0)
			continue;
		if (sections[i].none != NULL && conf_advice_is(no, text))
			conf_advice_meant(buf, sections[i].none);
		else if (sections[i].number != NULL &&
		    conf_advice_number(what, text))
			fill_in(buf, sections[i].number, what);
		else if (sections[i].time != NULL &&
		    conf_advice_duration(text, &ns))
			fill_in(buf, sections[i].time,
			    conf_duration_text(what, ns));
		else if (sections[i].word != NULL && is_word(text))
			fill_in(buf, sections[i].word, text);
		else if (sections[i].other != NULL)
			conf_advice_meant(buf, sections[i].other);
	}
}

const char *
conf_advice_section(char buf[CONF_ADVICE], const struct conf_option *table,
    const char *key, bool is_rule, const char *text)
{
	buf[0] = '\0';
	if (conf_advice_space(buf, table, text))
		return buf;
	if (is_rule) {
		advise_limits(buf, text);
		return buf;
	}
	if (key == NULL || (strcmp(key, "store") == 0 &&
	    advise_store(buf, text)))
		return buf;
	advise_named(buf, key, text);
	return buf;
}
