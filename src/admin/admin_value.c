/* SPDX-License-Identifier: ISC */
#include "admin/admin_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/sum.h"
#include "base/utf8.h"
#include "net/loop.h"

json_t *
admin_seconds(uint64_t ns)
{
	return json_real((double)ns / 1e9);
}

json_t *
admin_units(int64_t micro)
{
	return json_real((double)micro / 1e6);
}

json_t *
admin_time(int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char text[64];
	struct tm tm;
	size_t n;

	if (gmtime_r(&seconds, &tm) == NULL)
		return json_null();
	n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof text - n, ".%03dZ", (int)(ms % 1000));
	return json_string(text);
}

json_t *
admin_time_ns(uint64_t ns)
{
	return admin_time((int64_t)(ns / 1000000));
}

json_t *
admin_instant(uint64_t at, uint64_t now)
{
	uint64_t wall = loop_wall();

	return admin_time_ns(at >= now ? sum(wall, at - now) :
	    wall - (now - at));
}

json_t *
admin_string(const char *text)
{
	json_t *value = json_string(text);
	size_t left = strlen(text), len;
	uint32_t c;
	char *copy, *p;

	if (value != NULL || (copy = strdup(text)) == NULL)
		return value;
	for (p = copy; left > 0; p += len, left -= len) {
		if ((len = utf8_take(p, left, &c)) > 0)
			continue;
		*p = '?';
		len = 1;
	}
	value = json_string(copy);
	free(copy);
	return value;
}
