/* SPDX-License-Identifier: ISC */
#include "hint/usage_ask.h"

#include "hint/json_place.h"

/* Whether nothing but blanks is between the brackets of an object. */
static bool
is_empty(const char *p, const struct json_place *object)
{
	size_t i;

	for (i = object->at + 1; i + 1 < object->end; i++)
		if (p[i] != ' ' && p[i] != '\t' && p[i] != '\n' &&
		    p[i] != '\r')
			return false;
	return true;
}

/* What says no, or nothing, comes to say yes. */
static bool
ask_in(const char *p, const struct json_place *options, struct usage_ask *ask)
{
	const char *text = p + options->at;
	struct json_place place;

	switch (json_place(text, options->end - options->at, "include_usage",
	    &place)) {
	case JSON_PLACE_ONE:
		*ask = (struct usage_ask){ options->at + place.at,
		    place.end - place.at, "true" };
		return json_place_is(text, &place, "false") ||
		    json_place_is(text, &place, "null");
	case JSON_PLACE_NONE:
		*ask = (struct usage_ask){ options->at + 1, 0,
		    is_empty(p, options) ? "\"include_usage\":true" :
		    "\"include_usage\":true," };
		return true;
	case JSON_PLACE_UNSURE:
		break;
	}
	return false;
}

bool
usage_ask(const char *p, size_t n, struct usage_ask *ask)
{
	struct json_place stream, options;

	if (json_place(p, n, "stream", &stream) != JSON_PLACE_ONE ||
	    !json_place_is(p, &stream, "true"))
		return false;
	switch (json_place(p, n, "stream_options", &options)) {
	case JSON_PLACE_NONE:
		*ask = (struct usage_ask){ stream.end, 0,
		    ",\"stream_options\":{\"include_usage\":true}" };
		return true;
	case JSON_PLACE_ONE:
		if (!json_place_is(p, &options, "null"))
			return ask_in(p, &options, ask);
		*ask = (struct usage_ask){ options.at,
		    options.end - options.at, "{\"include_usage\":true}" };
		return true;
	case JSON_PLACE_UNSURE:
		break;
	}
	return false;
}
