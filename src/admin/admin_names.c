/* SPDX-License-Identifier: ISC */
#include "admin/admin_names.h"

#include <stdio.h>
#include <string.h>

bool
admin_names_has(const char *names, const char *name)
{
	size_t n, len = strlen(name);
	const char *p;

	if (names == NULL)
		return false;
	for (p = names; *p != '\0'; p += n + (p[n] == ' ')) {
		n = strcspn(p, " ");
		if (n == len && strncmp(p, name, n) == 0)
			return true;
	}
	return false;
}

const char *
admin_names_list(char *buf, size_t size, const char *names, const char *none)
{
	size_t used = 0;

	if (names == NULL || *names == '\0')
		return none;
	for (; *names != '\0' && used + 3 < size; names++) {
		if (*names == ' ')
			buf[used++] = ',';
		buf[used++] = *names;
	}
	buf[used] = '\0';
	return buf;
}

const char *
admin_names_words(char *buf, size_t size, const char *const *words)
{
	size_t used = 0;
	int i;

	buf[0] = '\0';
	for (i = 0; words[i] != NULL && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s",
		    i == 0 ? "" : words[i + 1] == NULL ? " or " : ", ",
		    words[i]);
	return buf;
}
