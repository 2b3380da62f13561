/* SPDX-License-Identifier: ISC */

/*
 * The first byte says what the rest is, and in pieces of which size it comes:
 * JSON, which is compared with what jansson makes of it, server-sent events, or
 * what is compressed.
 */

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "hint/json_scan.h"
#include "hint/sse_scan.h"
#include "hint/unpack.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define HASH_PRIME	1099511628211ULL

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static struct json_scan_paths paths;
static struct json_scan_paths marked;	/* without others that have no mark */
static struct json_scan_paths unmarked;	/* the same, but nothing is passed */

static void
set_paths(void)
{
	static const char *const all[] = {
		"a", "usage.total_tokens", "*.usage.total_tokens", "a.*.b",
		"model", "*",
	};
	unsigned i;

	if (paths.n > 0)
		return;
	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		json_scan_add(&paths, all[i]);
	for (i = 1; i <= 2; i++)
		json_scan_add(&marked, all[i]);
	unmarked = marked;
	json_scan_ready(&paths);
	json_scan_ready(&marked);
}

/* Each piece has memory of its own, so that what is read behind it is seen. */
static void
in_pieces(const uint8_t *p, size_t n, size_t size,
    void (*push)(const char *, size_t, void *), void *arg)
{
	size_t off, len;
	char *piece;

	for (off = 0; off < n; off += len) {
		len = n - off < size ? n - off : size;
		piece = malloc(len);
		require(piece != NULL);
		memcpy(piece, p + off, len);
		push(piece, len, arg);
		free(piece);
	}
}

static void
push_json(const char *p, size_t n, void *arg)
{
	json_scan_push(arg, p, n);
}

static bool
scan(struct json_scan *s, const uint8_t *p, size_t n, size_t size)
{
	memset(s, 0xa5, sizeof *s);
	json_scan_init(s, &paths);
	in_pieces(p, n, size, push_json, s);
	return json_scan_end(s);
}

static bool
same(const struct json_scan *a, const struct json_scan *b)
{
	unsigned i;

	for (i = 0; i < paths.n; i++)
		if (a->values[i].kind != b->values[i].kind ||
		    a->values[i].amount != b->values[i].amount ||
		    a->values[i].most != b->values[i].most)
			return false;
	return true;
}

/* How deep it is; jansson has read it, so it is no deeper than that reads. */
static unsigned
depth_of(const uint8_t *p, size_t n)
{
	unsigned depth = 0, most = 0;
	bool in = false;
	size_t i;

	for (i = 0; i < n; i++) {
		if (in && p[i] == '\\')
			i++;
		else if (p[i] == '"')
			in = !in;
		else if (!in && (p[i] == '{' || p[i] == '[')) {
			if (++depth > most)
				most = depth;
		} else if (!in && (p[i] == '}' || p[i] == ']'))
			depth--;
	}
	return most;
}

static void
compare(const struct json_scan *s, const json_t *root)
{
	const struct json_scan_value *v = &s->values[0];
	const json_t *a = json_object_get(root, "a");
	json_int_t n;

	if (!json_is_object(root))
		return;
	require((a != NULL) == (v->kind != JSON_SCAN_NOTHING));
	require(json_is_string(a) == (v->kind == JSON_SCAN_TEXT));
	require(json_is_true(a) == (v->kind == JSON_SCAN_TRUE));
	if (!json_is_integer(a))
		return;
	n = json_integer_value(a);
	/* "-0" is no amount */
	if (n < 0 || n > 1000000000)
		require(v->kind == JSON_SCAN_NO_AMOUNT);
	else if (n > 0)
		require(v->kind == JSON_SCAN_AMOUNT &&
		    v->amount == (uint64_t)n * JSON_SCAN_UNIT);
}

static void
try_json(const uint8_t *p, size_t n, size_t size)
{
	struct json_scan whole, pieces;
	json_t *root = json_loadb((const char *)p, n,
	    JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	bool is = scan(&whole, p, n, n > 0 ? n : 1);

	require(is == scan(&pieces, p, n, size));
	require(same(&whole, &pieces));
	/* a zero byte is the end of a number to jansson */
	if (root != NULL && (n == 0 || memchr(p, '\0', n) == NULL) &&
	    depth_of(p, n) <= JSON_SCAN_DEPTH) {
		require(is);
		compare(&whole, root);
	}
	json_decref(root);
}

struct heard {
	struct sse_scan		 sse;
	struct json_scan	 json;
	uint64_t		 hash;
};

/* What may have nothing that is looked for is like what has nothing. */
static void
hear(const struct json_scan *json, void *arg)
{
	struct heard *h = arg;
	unsigned i;

	h->hash *= HASH_PRIME;
	for (i = 0; json != NULL && i < json->paths->n; i++)
		if (json->values[i].kind != JSON_SCAN_NOTHING)
			h->hash = (h->hash ^ i ^ json->values[i].kind ^
			    json->values[i].amount) * HASH_PRIME;
}

static void
push_events(const char *p, size_t n, void *arg)
{
	struct heard *h = arg;

	sse_scan_push(&h->sse, p, n);
}

static uint64_t
listen_to(const uint8_t *p, size_t n, size_t size,
    const struct json_scan_paths *to)
{
	struct heard h = { .hash = 1 };

	json_scan_init(&h.json, to);
	sse_scan_init(&h.sse, &h.json, hear, &h);
	in_pieces(p, n, size, push_events, &h);
	return h.hash;
}

static void
try_events(const uint8_t *p, size_t n, size_t size)
{
	uint64_t hash = listen_to(p, n, n + 1, &unmarked);

	require(hash == listen_to(p, n, n + 1, &marked));
	require(hash == listen_to(p, n, size, &marked));
	require(listen_to(p, n, n + 1, &paths) ==
	    listen_to(p, n, size, &paths));
}

struct out {
	struct unpack		*unpack;
	uint64_t		 hash;
	uint64_t		 n;
	bool			 failed;
};

static void
take(const char *p, size_t n, void *arg)
{
	struct out *o = arg;

	o->n += n;
	while (n-- > 0)
		o->hash = (o->hash ^ (unsigned char)*p++) * HASH_PRIME;
}

static void
push_packed(const char *p, size_t n, void *arg)
{
	struct out *o = arg;

	if (!unpack_push(o->unpack, p, n, take, o))
		o->failed = true;
}

static struct out
unpacked(const uint8_t *p, size_t n, size_t size, bool gzip)
{
	struct out o = { .unpack = unpack_new(gzip), .hash = 1 };

	require(o.unpack != NULL);
	in_pieces(p, n, size, push_packed, &o);
	unpack_free(o.unpack);
	return o;
}

static void
try_packed(const uint8_t *p, size_t n, size_t size, bool gzip)
{
	struct out whole = unpacked(p, n, n > 0 ? n : 1, gzip);
	struct out pieces = unpacked(p, n, size, gzip);

	require(pieces.n <= UNPACK_FREE + UNPACK_PIECE + n * UNPACK_RATIO);
	/* what is too much is found sooner, the smaller the pieces are */
	if (whole.n < UNPACK_FREE && !whole.failed)
		require(!pieces.failed && whole.hash == pieces.hash);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	size_t size;

	set_paths();
	if (n == 0)
		return 0;
	size = 1 + (*p >> 2);
	switch (*p & 3) {
	case 0:
		try_json(p + 1, n - 1, size);
		break;
	case 1:
		try_events(p + 1, n - 1, size);
		break;
	default:
		try_packed(p + 1, n - 1, size, (*p & 1) != 0);
		break;
	}
	return 0;
}
