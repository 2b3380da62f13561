/* SPDX-License-Identifier: ISC */
#include "hint/refusal_size.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "hint/json_walk.h"
#include "hint/refusal_name.h"
#include "hint/refusal_words.h"
#include "http/http1_class.h"

/*
 * Requests that are too large for a limit, and would be after any wait.
 *
 * Groq: "Rate Limits", https://console.groq.com/docs/rate-limits
 * OpenAI: "Rate limits", https://platform.openai.com/docs/guides/rate-limits
 * Who asks for more tokens than a minute has is refused as if for a rate: with
 * 413 there, 429 here, and the code rate_limit_exceeded at both.  Its sentence
 * alone tells: "Request too large for model ... on tokens per minute (TPM):
 * Limit 6000, Requested 12328".  With "Used 5034" between the two, and less
 * requested than the limit is, it is a rate; which of the rates is told by
 * nothing but "on requests per minute (RPM)" and the type, "requests".
 */

#define KEY		16	/* letters of a key */
#define NUMBER_MAX	(UINT64_MAX / 100)

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* Keys of sentences. */
static const char *const keys[] = {
	"message", "msg", "detail", "error", "errormessage", "errormsg",
	"description",
};

static bool
is_letter(char c)
{
	return http1_lower(c) >= 'a' && http1_lower(c) <= 'z';
}

/* A whole number, perhaps with its thousands apart, and nothing more. */
static bool
read_number(const char *p, uint64_t *value)
{
	if (!http1_is_digit(*p))
		return false;
	*value = 0;
	for (; http1_is_digit(*p) || (*p == ',' && http1_is_digit(p[1])); p++)
		if (*p != ',' && *value < NUMBER_MAX)
			*value = *value * 10 + (uint64_t)(*p - '0');
	return !is_letter(*p) && !(*p == '.' && http1_is_digit(p[1]));
}

/* The first number that stands right behind the word. */
static bool
number_behind(const char *text, const char *word, uint64_t *value)
{
	size_t len = strlen(word);
	const char *p, *behind;

	for (p = text; *p != '\0'; p++) {
		if ((p > text && is_letter(p[-1])) ||
		    strncasecmp(p, word, len) != 0)
			continue;
		behind = p + len;
		while (*behind != '\0' && strchr(" :=~", *behind) != NULL)
			behind++;
		if (read_number(behind, value))
			return true;
	}
	return false;
}

static bool
asks_too_much(const char *text)
{
	uint64_t limit, requested;

	return number_behind(text, "limit", &limit) &&
	    number_behind(text, "requested", &requested) && requested > limit;
}

static bool
is_too_large(const char *text, int64_t date)
{
	static const char start[] = "request too large";
	uint64_t n;

	if (asks_too_much(text) && number_behind(text, "used", &n))
		return true;
	return (strncasecmp(text, start, sizeof start - 1) == 0 ||
	    asks_too_much(text)) &&
	    !refusal_words(text, strlen(text), date, &n);
}

/* Whether the text has one of the words, whatever their case. */
static bool
has_one(const char *text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcasestr(text, *words) != NULL)
			return true;
	return false;
}

static enum refusal_unit
unit_of_words(const char *text)
{
	static const char *const of_requests[] = { "requests per",
	    "request rate limit", "call rate limit", NULL };
	static const char *const of_tokens[] = { "tokens per",
	    "token rate limit", NULL };
	bool requests = has_one(text, of_requests);
	bool tokens = has_one(text, of_tokens);

	if (requests == tokens)
		return REFUSAL_OF_ANYTHING;
	return requests ? REFUSAL_OF_REQUESTS : REFUSAL_OF_TOKENS;
}

static enum refusal_unit
unit_of_name(const char *text)
{
	if (strcasecmp(text, "requests") == 0)
		return REFUSAL_OF_REQUESTS;
	return strcasecmp(text, "tokens") == 0 ? REFUSAL_OF_TOKENS :
	    REFUSAL_OF_ANYTHING;
}

static bool
is_key(const char *key)
{
	char name[KEY + 1];
	size_t i;

	name[refusal_name_letters(key, strlen(key), name, KEY)] = '\0';
	for (i = 0; i < COUNT(keys); i++)
		if (strcmp(name, keys[i]) == 0)
			return true;
	return false;
}

static bool
says_too_large(const char *key, json_t *value, void *arg)
{
	const int64_t *date = arg;

	return json_is_string(value) && is_key(key) &&
	    is_too_large(json_string_value(value), *date);
}

static bool
says_unit(const char *key, json_t *value, void *arg)
{
	enum refusal_unit *unit = arg;

	if (!json_is_string(value))
		return false;
	if (strcasecmp(key, "type") == 0 || strcasecmp(key, "code") == 0)
		*unit = unit_of_name(json_string_value(value));
	else if (is_key(key))
		*unit = unit_of_words(json_string_value(value));
	return *unit != REFUSAL_OF_ANYTHING;
}

bool
refusal_size_is_too_large(json_t *root, int64_t date)
{
	return json_walk(root, says_too_large, &date);
}

enum refusal_unit
refusal_size_unit(json_t *root)
{
	enum refusal_unit unit = REFUSAL_OF_ANYTHING;

	(void)json_walk(root, says_unit, &unit);
	return unit;
}
