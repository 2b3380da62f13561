/* SPDX-License-Identifier: ISC */
#include "ctl/ctl_json.h"

#include <math.h>
#include <stdio.h>

#include "base/words.h"

const char *
ctl_string(const json_t *object, const char *name, const char *fallback)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : fallback;
}

double
ctl_number(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

long long
ctl_integer(const json_t *object, const char *name)
{
	double n = ctl_number(object, name);

	return n > -1e18 && n < 1e18 ? (long long)n : 0;
}

bool
ctl_true(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

bool
ctl_has(const json_t *object, const char *name)
{
	const json_t *member = json_object_get(object, name);

	return member != NULL && !json_is_null(member);
}

const json_t *
ctl_member(const json_t *object, const char *name)
{
	const json_t *member = json_object_get(object, name);

	return json_is_object(member) || json_is_array(member) ? member : NULL;
}

const char *
ctl_seconds(char buf[CTL_WORDS], const json_t *object, const char *name)
{
	const json_t *member = json_object_get(object, name);
	double seconds = json_number_value(member);

	if (!json_is_number(member))
		snprintf(buf, CTL_WORDS, "-");
	else
		words_duration(buf, seconds <= 0 ? 0 : seconds >= 1e10 ?
		    UINT64_MAX : (uint64_t)(seconds * 1e9));
	return buf;
}

const char *
ctl_figure(char buf[CTL_WORDS], double n)
{
	double rounded = round(n * 1000) / 1000;
	int decimals = 3;

	while (decimals > 0 && fabs(rounded * pow(10, decimals - 1) -
	    round(rounded * pow(10, decimals - 1))) < 1e-6)
		decimals--;
	snprintf(buf, CTL_WORDS, "%.*f", decimals, rounded);
	return buf;
}

const char *
ctl_bytes(char buf[CTL_WORDS], double n)
{
	static const char *const units[] = {
		"B", "KiB", "MiB", "GiB", "TiB", "PiB",
	};
	size_t i = 0;

	for (; n >= 1024 && i + 1 < sizeof units / sizeof units[0]; i++)
		n /= 1024;
	snprintf(buf, CTL_WORDS, "%.*f %s", i > 0 && n < 100 ? 1 : 0, n,
	    units[i]);
	return buf;
}

bool
ctl_print_json(const json_t *answer)
{
	json_t *all = json_pack("{s:i}", "version", CTL_VERSION);
	bool ok = all != NULL &&
	    json_object_update_missing(all, (json_t *)answer) == 0 &&
	    json_dumpf(all, stdout, CTL_DUMP) == 0;

	if (ok)
		putchar('\n');
	json_decref(all);
	return ok;
}
