/* SPDX-License-Identifier: ISC */
#include "conf/conf_advice.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_value.h"

/*
 * Other ways to write numbers, times and rates.  Nothing here decides what is
 * right.
 */

#define WORD	40		/* bytes of a number or a word, at most */

/* Times */

static const struct {
	const char	*names;		/* each between spaces */
	uint64_t	 ns;
} times[] = {
	{ " ms msec msecs millisecond milliseconds ", 1000000 },
	{ " s sec secs second seconds ", UINT64_C(1000000000) },
	{ " m min mins minute minutes ", 60 * UINT64_C(1000000000) },
	{ " h hr hrs hour hours ", 3600 * UINT64_C(1000000000) },
	{ " d day days daily ", 86400 * UINT64_C(1000000000) },
	{ " w wk week weeks ", 7 * 86400 * UINT64_C(1000000000) },
};

/* Whether the word is one of a list, each between spaces; any case. */
static bool
is_of(const char *list, const char *word, size_t len)
{
	const char *p;

	for (p = list; len > 0 && *p != '\0'; p += strcspn(p, " ")) {
		p += strspn(p, " ");
		if (strncasecmp(p, word, len) == 0 && p[len] == ' ')
			return true;
	}
	return false;
}

bool
conf_advice_is(const char *list, const char *word)
{
	return is_of(list, word, strlen(word));
}

const char *
conf_advice_synonym(const struct conf_synonym *all, size_t n, const char *text)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (conf_advice_is(all[i].words, text))
			return all[i].meant;
	}
	return NULL;
}

static uint64_t
time_unit(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof times / sizeof times[0]; i++)
		if (is_of(times[i].names, word, len))
			return times[i].ns;
	return 0;
}

static const char *
skip(const char *p, const char *what)
{
	return p + strspn(p, what);
}

static size_t
letters(const char *p)
{
	return strspn(p, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

/* Adds a number (without one: 1) and its unit to *ns; where they end. */
static const char *
add_time(const char *p, uint64_t *ns)
{
	uint64_t unit, micro = BUDGET_UNIT;
	char number[WORD];
	size_t n = strspn(p, "0123456789.");

	if (n >= sizeof number)
		return NULL;
	memcpy(number, p, n);
	number[n] = '\0';
	if (n > 0 && (conf_units(number, &micro) != NULL ||
	    micro > UINT64_C(1000000000000)))
		return NULL;
	p = skip(p + n, " ");
	unit = time_unit(p, letters(p));
	if (unit == 0)
		return NULL;
	*ns += (uint64_t)((unsigned __int128)micro * unit / BUDGET_UNIT);
	return p + letters(p);
}

/* "00:01:30" and "1:30": the last are seconds. */
static bool
clock_time(const char *text, uint64_t *ns)
{
	unsigned part, parts = 0, sum = 0;
	size_t n;

	for (;; text += n + 1) {
		n = strspn(text, "0123456789");
		if (n == 0 || n > 2 || parts++ == 3)
			return false;
		part = (unsigned)strtoul(text, NULL, 10);
		if (parts > 1 && part > 59)
			return false;
		sum = sum * 60 + part;
		if (text[n] != ':')
			break;
	}
	*ns = sum * UINT64_C(1000000000);
	return text[n] == '\0' && parts > 1 && sum > 0;
}

/* ISO 8601's "PT1H30M" is "1H30M" without its letters. */
static const char *
plain_time(char buf[WORD], const char *text)
{
	size_t i, n = 0;

	text = skip(text, " ");
	if (tolower((unsigned char)text[0]) != 'p' ||
	    strlen(text) >= WORD || letters(text) > 2)
		return text;
	for (i = 1; text[i] != '\0'; i++)
		if (tolower((unsigned char)text[i]) != 't')
			buf[n++] = text[i];
	buf[n] = '\0';
	return buf;
}

bool
conf_advice_duration(const char *text, uint64_t *ns)
{
	char buf[WORD];
	const char *p = plain_time(buf, text);
	unsigned parts = 0;

	if (clock_time(p, ns))
		return true;
	*ns = 0;
	while (p != NULL && *p != '\0' && parts++ < 4) {
		p = add_time(p, ns);
		if (p == NULL)
			return false;
		p = skip(p, " ,");
	}
	return p != NULL && parts > 0 && *p == '\0' && *ns > 0;
}

/* Numbers */

/* Whether there are three digits, and no more, behind a mark between them. */
static bool
is_group(const char *p, const char *end)
{
	return end - p >= 3 && strspn(p, "0123456789") == 3;
}

/* Digits with what people put between them, a factor behind; plain, in buf. */
static bool
plain_number(char buf[CONF_TEXT], const char *text, size_t len)
{
	static const char factors[] = "kKmM";
	double v, factor = 1;
	size_t i, n = 0;
	char *end;

	if (len > 0 && strchr(factors, text[len - 1]) != NULL) {
		factor = tolower((unsigned char)text[len - 1]) == 'k' ? 1e3 :
		    1e6;
		len--;
	}
	for (i = 0; i < len; i++) {
		if (i > 0 && (text[i] == '_' || (strchr(",' ", text[i]) !=
		    NULL && is_group(text + i + 1, text + len))))
			continue;
		if (n + 1 == CONF_TEXT ||
		    strchr("0123456789.eE+", text[i]) == NULL)
			return false;
		buf[n++] = text[i];
	}
	buf[n] = '\0';
	if (n == 0 || !isdigit((unsigned char)buf[0]))
		return false;
	v = strtod(buf, &end) * factor;
	if (*end != '\0' || !isfinite(v) || v > 1e9)
		return false;
	snprintf(buf, CONF_TEXT, "%.6f", v);
	n = strlen(buf);
	while (buf[n - 1] == '0')
		buf[--n] = '\0';
	if (buf[n - 1] == '.')
		buf[--n] = '\0';
	return true;
}

bool
conf_advice_number(char buf[CONF_TEXT], const char *text)
{
	return plain_number(buf, text, strlen(text));
}

/* Rates */

static const char	 counted[] = " r req reqs request requests call calls "
    "query queries token tokens hit hits unit units op ops x ";

static const struct {
	const char	*names;
	const char	*period;
} rate_words[] = {
	{ " rps qps tps ops cps hz ", "1s" },
	{ " rpm qpm tpm cpm ", "1m" },
	{ " rph qph tph ", "1h" },
	{ " rpd qpd ", "1d" },
};

static const char *
rate_word(const char *p)
{
	size_t i;

	for (i = 0; i < sizeof rate_words / sizeof rate_words[0]; i++)
		if (is_of(rate_words[i].names, p, letters(p)) &&
		    *skip(p + letters(p), " ") == '\0')
			return rate_words[i].period;
	return NULL;
}

/* "s", "10 seconds", or seconds without a unit. */
static bool
every(const char *text, uint64_t *ns)
{
	size_t n = strspn(text, "0123456789");

	if (n == 0 || n > 9 || text[n] != '\0')
		return conf_advice_duration(text, ns);
	*ns = strtoul(text, NULL, 10) * UINT64_C(1000000000);
	return *ns > 0;
}

/* What stands behind the number, to a period; NULL: that is no rate. */
static const char *
rate_period(char buf[CONF_TEXT], const char *p)
{
	static const char *const between[] = {
		"/", "per ", "a ", "an ", "every ", "each ", "in ", "p/", "-",
		":", "@",
	};
	char end[WORD];
	uint64_t ns;
	size_t i, n = strlen(p);

	while (n > 0 && strchr(".;, ", p[n - 1]) != NULL)
		n--;
	if (n >= sizeof end)
		return NULL;
	memcpy(end, p, n);
	end[n] = '\0';
	p = end;
	if (rate_word(p) != NULL)
		return rate_word(p);
	n = letters(p);
	if (is_of(counted, p, n))
		p = skip(p + n, " ");
	for (i = 0; i < sizeof between / sizeof between[0]; i++) {
		n = strlen(between[i]);
		if (strncasecmp(p, between[i], n) == 0 &&
		    every(skip(p + n, " "), &ns))
			return conf_duration_text(buf, ns);
	}
	return NULL;
}

bool
conf_advice_rate(char buf[CONF_ADVICE_RATE], const char *text)
{
	char number[CONF_TEXT], period[CONF_TEXT];
	const char *p = skip(text, " "), *period_of;
	size_t n = strspn(p, "0123456789.,_");

	if (p[n] != '\0' && strchr("kKM", p[n]) != NULL &&
	    !isalpha((unsigned char)p[n + 1]))
		n++;
	if (!plain_number(number, p, n))
		return false;
	period_of = rate_period(period, skip(p + n, " "));
	if (period_of == NULL)
		return false;
	snprintf(buf, CONF_ADVICE_RATE, "capacity: %s, period: %s", number,
	    period_of);
	return true;
}

/* Typography */

/* ${PORT}, $(PORT), $PORT, {{ port }}, %(port)s; a lone $ is none. */
static bool
has_variable(const char *text)
{
	const char *p = strchr(text, '$');

	return (p != NULL && (p[1] == '{' || p[1] == '(' || p[1] == '_' ||
	    (p[1] >= 'A' && p[1] <= 'Z'))) || strstr(text, "{{") != NULL ||
	    strstr(text, "%(") != NULL;
}

bool
conf_advice_foreign(char buf[CONF_ADVICE], const char *text)
{
	static const char *const quotes[] = {
		"\u2018", "\u2019", "\u201a", "\u201c", "\u201d", "\u201e",
		"\u00ab", "\u00bb",
	};
	static const char *const spaces[] = {
		"\u00a0", "\u2003", "\u2009", "\u202f", "\u3000", "\u200b",
	};
	size_t i;

	for (i = 0; i < sizeof quotes / sizeof quotes[0]; i++)
		if (strstr(text, quotes[i]) != NULL) {
			snprintf(buf, CONF_ADVICE, "; typographic quotes are "
			    "part of the text, use \" or '");
			return true;
		}
	for (i = 0; i < sizeof spaces / sizeof spaces[0]; i++)
		if (strstr(text, spaces[i]) != NULL) {
			snprintf(buf, CONF_ADVICE, "; there is a no-break or "
			    "other special space in it, use a plain one");
			return true;
		}
	if (!has_variable(text))
		return false;
	snprintf(buf, CONF_ADVICE, "; variables are not replaced here, make "
	    "the file of a template, as with envsubst");
	return true;
}

/* What advice is made of */

/* Numbers for which people have words. */
const char	 conf_advice_unlimited[] = " unlimited infinite infinity inf "
    "none off no false never null any ";

void
conf_advice_meant(char buf[CONF_ADVICE], const char *text)
{
	snprintf(buf, CONF_ADVICE, "; did you mean \"%s\"?", text);
}
