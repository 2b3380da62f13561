/* SPDX-License-Identifier: ISC */

/*
 * The first byte is the coding, the next line a path in JSON, the next one a
 * text, and the rest a body, which is judged by these and by all that is built
 * in.
 */

#include <stdlib.h>
#include <string.h>

#include "hint/json_path.h"
#include "hint/refusal_judge.h"
#include "hint/refusal_table.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

/* A line of its own memory, so that what is read behind it is seen. */
static char *
line(const uint8_t **p, size_t *n)
{
	const uint8_t *end = *n > 0 ? memchr(*p, '\n', *n) : NULL;
	size_t len = end != NULL ? (size_t)(end - *p) : *n;
	char *text = calloc(1, len + 1);

	require(text != NULL);
	if (len > 0)
		memcpy(text, *p, len);
	*p += len + (end != NULL);
	*n -= len + (end != NULL);
	return text;
}

static void
judge(const struct refusal_rule *const *rules, unsigned n,
    const struct refusal_body *body)
{
	struct refusal found = { 0 }, again = { 0 };
	bool is = refusal_judge(rules, n, body, 1700000000, &found);

	require(is == refusal_judge(rules, n, body, 1700000000, &again));
	if (!is)
		return;
	require(found.rule != NULL && found.rule == again.rule);
	require(found.has_delay || found.delay == 0);
	require(found.delay == again.delay);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct refusal_rule *rules[REFUSAL_RULES], *builtin;
	static const char *const in[] = { "a", "slow", NULL };
	struct refusal_rule own = { .name = "own", .in = in };
	struct refusal_body body = { .coding = REFUSAL_IDENTITY };
	char *path, *text, *copy;
	unsigned i, count;

	if (n == 0)
		return 0;
	body.coding = (enum refusal_coding)(*p++ % (REFUSAL_OTHER + 1));
	n--;
	path = line(&p, &n);
	text = line(&p, &n);
	copy = malloc(n + 1);
	if (path == NULL || text == NULL || copy == NULL)
		abort();
	memcpy(copy, p, n);
	body.p = copy;
	body.len = n;
	if (json_path_is(path))
		own.json = own.delay = own.need = own.have = own.rate = path;
	if (text[0] != '\0')
		own.contains = text;
	builtin = refusal_builtin(&count);
	rules[0] = &own;
	for (i = 0; i < count; i++)
		rules[i + 1] = &builtin[i];
	judge(rules, 1, &body);
	judge(rules + 1, count, &body);
	judge(rules, count + 1, &body);
	free(path);
	free(text);
	free(copy);
	return 0;
}
