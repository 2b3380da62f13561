/* SPDX-License-Identifier: ISC */
#include "conf/conf_advice_path.h"

#include <stdio.h>
#include <string.h>

#include "conf/conf_advice.h"
#include "conf/conf_value.h"

#define PATH		160	/* bytes of a pattern, at most */

const char *
conf_advice_path(char buf[CONF_ADVICE], const char *text)
{
	const char *slash = strstr(text, "://");
	char path[PATH], show[CONF_SHOW];
	size_t n;

	buf[0] = '\0';
	if (conf_advice_foreign(buf, text))
		return buf;
	/* a scheme and host, a method, a location's ~ or ^ */
	slash = slash != NULL ? strchr(slash + 3, '/') : strchr(text, '/');
	if (strpbrk(text, "^$()|\\") != NULL || text[0] == '~') {
		snprintf(buf, CONF_ADVICE, "; patterns are no regular "
		    "expressions: * is any one segment, /** at the end the "
		    "rest");
		return buf;
	}
	n = strcspn(slash != NULL ? slash : text, "?#");
	if (n + 2 > sizeof path || strcmp(text, "") == 0)
		return buf;
	snprintf(path, sizeof path, "%s%.*s", slash != NULL ? "" : "/", (int)n,
	    slash != NULL ? slash : text);
	if (strcmp(path, "/*") == 0 || strcmp(path, "/**") == 0)
		conf_advice_meant(buf, "/**");
	else if (strcmp(path, text) != 0 && strpbrk(path, " *@") == NULL &&
	    strstr(path, "//") == NULL)
		conf_advice_meant(buf, conf_show(show, path));
	return buf;
}
