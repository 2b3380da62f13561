/* SPDX-License-Identifier: ISC */
#include "conf/conf_advice_value.h"

#include <stdio.h>
#include <string.h>

#include "conf/conf_advice.h"
#include "conf/conf_value.h"

/* Other programs' words for what is meant here. */
static const struct {
	int		 kind;		/* enum conf_kind */
	const char	*words;		/* each between spaces */
	const char	*meant;
} words[] = {
	{ CONF_BOOLEAN, " 1 y t enable enabled ja oui si ", "true" },
	{ CONF_BOOLEAN, " 0 n f disable disabled none null never ", "false" },
	{ CONF_HTTPS, " true yes on 1 mitm decrypt enable enabled inspect bump "
	    "terminate ", "intercept" },
	{ CONF_HTTPS, " false no off 0 none pass passthrough pass-through "
	    "connect disable disabled ", "tunnel" },
	{ CONF_HTTPS, " https tls ssl originate always force ", "upstream" },
	{ CONF_LEARN, " true yes on 1 enable enabled ", "auto" },
	{ CONF_LEARN, " false no 0 none never disable disabled ", "off" },
	{ CONF_LEVEL, " warning warnings ", "warn" },
	{ CONF_LEVEL, " err errors critical crit fatal alert emerg ", "error" },
	{ CONF_LEVEL, " notice normal default ", "info" },
	{ CONF_LEVEL, " trace verbose all ", "debug" },
	{ CONF_FORMAT, " plain combined common clf line ", "text" },
	{ CONF_ACCESS_LOG, " none false no null disable disabled never ",
	    "off" },
	{ CONF_ACCESS_LOG, " stdout true yes on ", "-" },
	{ CONF_DIAGNOSTICS, " - off none stdout syslog journal ", "stderr" },
	{ CONF_HOLD, " end always ", "close" },
};

static void
advise_duration(char buf[CONF_ADVICE], const struct conf_option *option,
    const char *text)
{
	char duration[CONF_TEXT];
	uint64_t ns;

	if (conf_advice_duration(text, &ns) && ns >= option->min &&
	    ns <= option->max)
		conf_advice_meant(buf, conf_duration_text(duration, ns));
}

/* "10 mb", "5kib": the unit as it is written here; "8k" is of 1024. */
static void
advise_size(char buf[CONF_ADVICE], const struct conf_option *option,
    const char *text)
{
	static const char *const units[] = {
		"B", "KiB", "MiB", "GiB", "kB", "MB", "GB", "K", "M", "G",
	};
	char size[CONF_TEXT];
	size_t i, n = strspn(text, "0123456789.");
	const char *unit = text + n;
	uint64_t bytes;

	unit += strspn(unit, " ");
	for (i = 0; n > 0 && n < 20 && i < sizeof units / sizeof units[0]; i++)
		if (strcasecmp(unit, units[i]) == 0) {
			snprintf(size, sizeof size, "%.*s%s", (int)n, text,
			    units[i]);
			if (conf_size(size, &bytes) == NULL &&
			    bytes >= option->min && bytes <= option->max)
				conf_advice_meant(buf, size);
		}
}

/* The number in other words, unless it is out of range in any. */
static void
advise_number(char buf[CONF_ADVICE], const struct conf_option *option,
    const char *text)
{
	bool units = option->kind == CONF_UNITS;
	char number[CONF_TEXT];
	uint64_t value;

	if (conf_advice_number(number, text) &&
	    (units ? conf_units(number, &value) :
	    conf_integer(number, &value)) == NULL &&
	    value >= option->min && value <= option->max)
		conf_advice_meant(buf, number);
}

static void
advise_units(char buf[CONF_ADVICE], const struct conf_option *option,
    const char *text)
{
	const char *key = conf_option_key(option);
	bool is_capacity = strcmp(key, "capacity") == 0;
	char rate[CONF_ADVICE_RATE];

	if (is_capacity && conf_advice_rate(rate, text))
		conf_advice_meant(buf, rate);
	else if (is_capacity && conf_advice_is(conf_advice_unlimited, text))
		snprintf(buf, CONF_ADVICE, "; for no limit leave the key out");
	else
		advise_number(buf, option, text);
}

static void
advise_status(char buf[CONF_ADVICE], const char *text)
{
	if (conf_advice_is(conf_advice_unlimited, text))
		conf_advice_meant(buf, "[]");
	else if (strspn(text, "0123456789, ") == strlen(text) &&
	    strchr(text, ',') != NULL)
		snprintf(buf, CONF_ADVICE, "; leave the quotes out and put "
		    "[ ] around it");
	else if (text[strspn(text, "0123456789")] != '\0')
		snprintf(buf, CONF_ADVICE, "; name each status, as in "
		    "[429, 502, 503]");
}

static void
advise_integer(char buf[CONF_ADVICE], const struct conf_option *option,
    const char *text)
{
	const char *key = conf_option_key(option);

	if (strcmp(key, "concurrency") == 0 &&
	    conf_advice_is(conf_advice_unlimited, text))
		conf_advice_meant(buf, "0");
	else if (strcmp(key, "status") == 0 || strcmp(key, "statuses") == 0)
		advise_status(buf, text);
	else
		advise_number(buf, option, text);
}

static void
advise_path(char buf[CONF_ADVICE], const char *text)
{
	char show[CONF_SHOW];

	if (text[0] != '\0' && strchr(text, '/') == NULL)
		snprintf(buf, CONF_ADVICE, "; did you mean \"./%s\"?",
		    conf_show(show, text));
}

const char *
conf_advice_word(int kind, const char *text)
{
	size_t i;

	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (words[i].kind == kind &&
		    conf_advice_is(words[i].words, text))
			return words[i].meant;
	return NULL;
}

const char *
conf_advice_value(char buf[CONF_ADVICE], const struct conf_option *option,
    const char *text)
{
	const char *word = conf_advice_word(option->kind, text);

	buf[0] = '\0';
	if (conf_advice_foreign(buf, text))
		return buf;
	if (word != NULL) {
		conf_advice_meant(buf, word);
		return buf;
	}
	switch (option->kind) {
	case CONF_DURATION:
	case CONF_DURATION_OFF:
		advise_duration(buf, option, text);
		break;
	case CONF_SIZE:
		advise_size(buf, option, text);
		break;
	case CONF_UNITS:
		advise_units(buf, option, text);
		break;
	case CONF_INTEGER:
	case CONF_INTEGER32:
	case CONF_INTEGER_OFF:
	case CONF_WORKERS:
	case CONF_STATUSES:
		advise_integer(buf, option, text);
		break;
	case CONF_ACCESS_LOG:
	case CONF_DIAGNOSTICS:
		advise_path(buf, text);
		break;
	default:
		break;
	}
	return buf;
}
