/* SPDX-License-Identifier: ISC */
#include "conf/conf_advice_section.h"

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
	const char	*other;
} sections[] = {
	{ "queue", "queue: {length: N}", "queue: {max_wait: N}",
	    "queue: {length: 0}", NULL },
	{ "pause", NULL, "pause: {default: N}", "pause: {statuses: []}", NULL },
	{ "retry", "retry: {attempts: N}", NULL, "retry: {attempts: 0}",
	    "retry: {attempts: 2}" },
	{ "tunnel", NULL, "tunnel: {idle: N}", NULL, NULL },
	{ "timeouts", "timeouts: {response: Ns}", "timeouts: {response: N}",
	    NULL, NULL },
	{ "limits", "limits: {connections: N}", NULL, NULL, NULL },
	{ "log", NULL, NULL, "log: {access: off}",
	    "log: {level: debug, access: \"-\"}" },
	{ "via", NULL, NULL, "via: {send: false}", "via: {name: proxy-1}" },
};

/* Puts a number or a time in the place of N. */
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

const char *
conf_advice_section(char buf[CONF_ADVICE], const struct conf_option *table,
    const char *key, bool is_rule, const char *text)
{
	char what[CONF_TEXT];
	uint64_t ns;
	size_t i;

	buf[0] = '\0';
	if (conf_advice_space(buf, table, text))
		return buf;
	if (is_rule) {
		advise_limits(buf, text);
		return buf;
	}
	for (i = 0; key != NULL && i < sizeof sections / sizeof sections[0];
	    i++) {
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
		else if (sections[i].other != NULL)
			conf_advice_meant(buf, sections[i].other);
	}
	return buf;
}
