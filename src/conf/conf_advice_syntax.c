/* SPDX-License-Identifier: ISC */
#include "conf/conf_advice_syntax.h"

#include <stdio.h>
#include <string.h>

#include "conf/conf_advice.h"
#include "conf/conf_advice_key.h"
#include "conf/conf_value.h"

/* Text that is no YAML. */

/* The line with that number, from 0; NULL where there is none. */
static const char *
line_at(const char *text, size_t len, size_t line, size_t *n)
{
	const char *end = text + len, *stop;

	for (; line > 0 && text != NULL; line--) {
		text = memchr(text, '\n', (size_t)(end - text));
		if (text != NULL)
			text++;
	}
	if (text == NULL)
		return NULL;
	stop = memchr(text, '\n', (size_t)(end - text));
	*n = (size_t)((stop == NULL ? end : stop) - text);
	return text;
}

/* The key and value of a line, copied; false where it is too long. */
static bool
copy_line(char buf[CONF_SHOW], const char *text, size_t len, size_t line)
{
	const char *p;
	size_t n;

	p = line_at(text, len, line, &n);
	if (p == NULL)
		return false;
	while (n > 0 && (*p == ' ' || *p == '-')) {
		p++;
		n--;
	}
	if (n == 0 || *p == '#' || n >= CONF_SHOW)
		return false;
	memcpy(buf, p, n);
	buf[n] = '\0';
	return true;
}

/* The line itself or one of those right before it lacks its space. */
static bool
advise_glued_line(char buf[CONF_ADVICE], const struct conf_option *table,
    const char *text, size_t len, size_t line)
{
	char copy[CONF_SHOW];
	int i;

	for (i = 0; i < 3; i++, line--) {
		if (copy_line(copy, text, len, line) &&
		    conf_advice_space(buf, table, copy))
			return true;
		if (line == 0)
			break;
	}
	return false;
}

static bool
tab_indents(const char *text, size_t len, size_t line)
{
	size_t n;
	const char *p = line_at(text, len, line, &n);

	while (p != NULL && n > 0 && *p == ' ') {
		p++;
		n--;
	}
	return p != NULL && n > 0 && *p == '\t';
}

const char *
conf_advice_syntax(char buf[CONF_ADVICE], const struct conf_option *table,
    const char *text, size_t len, size_t line, const char *problem,
    const char *context)
{
	const char *hint = "";
	char copy[CONF_SHOW];

	buf[0] = '\0';
	if (context != NULL && strstr(context, "an alias") != NULL)
		hint = "; a pattern that begins with * must stand in quotes";
	else if (tab_indents(text, len, line))
		hint = "; indent with spaces, not with tabs";
	else if (advise_glued_line(buf, table, text, len, line))
		return buf;
	else if (strstr(problem, "did not find expected key") != NULL ||
	    strstr(problem, "mapping values are not allowed") != NULL)
		hint = "; keys of one mapping begin at the same column, and "
		    "what belongs to a key is indented below it";
	else if (strstr(problem, "cannot start any token") != NULL &&
	    copy_line(copy, text, len, line) &&
	    conf_advice_foreign(buf, copy))
		return buf;
	else if (strstr(problem, "cannot start any token") != NULL)
		hint = "; text that begins with @, ` or % must stand in quotes";
	snprintf(buf, CONF_ADVICE, "%s", hint);
	return buf;
}
