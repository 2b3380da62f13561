/* SPDX-License-Identifier: ISC */
#include "admin/admin_match.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

static bool
same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Goes back to the last * only: no pattern takes more than n * m steps. */
static bool
fits(const char *p, const char *s)
{
	const char *star = NULL, *from = NULL;

	while (*s != '\0') {
		if (*p == '*') {
			star = p++;
			from = s;
		} else if (same(*p, *s)) {
			p++;
			s++;
		} else if (star != NULL) {
			p = star + 1;
			s = ++from;
		} else
			return false;
	}
	while (*p == '*')
		p++;
	return *p == '\0';
}

bool
admin_match(const char *search, const char *name)
{
	if (strchr(search, '*') != NULL)
		return fits(search, name);
	return strcasestr(name, search) != NULL;
}
