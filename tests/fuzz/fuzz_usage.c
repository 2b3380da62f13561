/* SPDX-License-Identifier: ISC */

/*
 * The first byte says whether the rest is a request that is asked for its usage,
 * or a stream that is told it, and in pieces of which size that comes.
 */

#include "fuzz.h"

#include <jansson.h>

#include "hint/usage_ask.h"
#include "hint/usage_cut.h"

/* Requests */

/* What was changed is that, and nothing else. */
static void
compare(json_t *before, json_t *after)
{
	json_t *options = json_object_get(after, "stream_options");
	json_t *old = json_object_get(before, "stream_options");

	REQUIRE(json_is_true(json_object_get(after, "stream")));
	REQUIRE(json_is_true(json_object_get(options, "include_usage")));
	REQUIRE(!json_is_true(json_object_get(old, "include_usage")));
	json_object_del(options, "include_usage");
	json_object_del(old, "include_usage");
	if (!json_is_object(old))
		REQUIRE(json_object_size(options) == 0);
	else
		REQUIRE(json_equal(options, old));
	json_object_del(after, "stream_options");
	json_object_del(before, "stream_options");
	REQUIRE(json_equal(before, after));
}

/* As far as jansson takes it for JSON, which the caller has seen to. */
static void
ask(const char *p, size_t n)
{
	json_t *before = json_loadb(p, n, JSON_REJECT_DUPLICATES, NULL);
	json_t *after;
	struct usage_ask ask = { .text = NULL };
	struct text t = { .len = 0 };

	if (usage_ask(p, n, &ask)) {
		REQUIRE(ask.at + ask.gone <= n);
		text_put(&t, p, ask.at);
		text_puts(&t, ask.text);
		text_put(&t, p + ask.at + ask.gone, n - ask.at - ask.gone);
		after = json_loadb(t.p, t.len, JSON_REJECT_DUPLICATES, NULL);
		REQUIRE(before == NULL || after != NULL);
		if (before != NULL)
			compare(before, after);
		REQUIRE(!usage_ask(t.p, t.len, &ask));
		json_decref(after);
		text_free(&t);
	}
	json_decref(before);
}

/* Streams */

static void
pass_cb(const char *p, size_t n, bool moves, void *arg)
{
	(void)moves;
	REQUIRE(n > 0);
	text_put(arg, p, n);
}

static void
cut(const char *p, size_t n, size_t step, struct text *passed)
{
	const struct usage_cut_out out = { pass_cb, passed };
	struct usage_cut c = { .line = false };
	size_t len;
	char *piece;

	for (; n > 0; p += len, n -= len) {
		len = n < step ? n : step;
		piece = exact_copy(p, len);
		usage_cut_push(&c, piece, len, &out);
		REQUIRE(c.held.len <= USAGE_CUT_MOST);
		free(piece);
	}
	usage_cut_end(&c, &out);
	usage_cut_free(&c);
}

/* What has passed is some of what came, in its order. */
static bool
is_part(const struct text *passed, const char *p, size_t n)
{
	size_t at = 0, i;

	for (i = 0; i < n && at < passed->len; i++)
		at += p[i] == passed->p[at];
	return at == passed->len;
}

static void
tell(const char *p, size_t n, size_t step)
{
	struct text whole = { .len = 0 }, pieces = { .len = 0 };

	cut(p, n, n, &whole);
	cut(p, n, step, &pieces);
	REQUIRE(whole.len == pieces.len);
	REQUIRE(whole.len == 0 || memcmp(whole.p, pieces.p, whole.len) == 0);
	REQUIRE(is_part(&whole, p, n));
	if (memmem(p, n, "\"usage\"", 7) == NULL)
		REQUIRE(whole.len == n);
	text_free(&whole);
	text_free(&pieces);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *p;

	/* what is longer passes in pieces that depend on where they end */
	if (size < 2 || size > USAGE_CUT_MOST)
		return 0;
	p = exact_copy(data + 1, size - 1);
	if (data[0] < 32)
		ask(p, size - 1);
	else
		tell(p, size - 1, 1 + data[0] % 31);
	free(p);
	return 0;
}
