/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "hint/json_scan.h"
#include "hint/sse_scan.h"
#include "hint/unpack.h"
#include "check_run.h"

#define M	JSON_SCAN_UNIT

/* Longer than what is looked at character by character. */
#define LONG	"a book begins with a sentence that is not the shortest one"

/* One path at a time; what stands there, in millionths, or how it fails. */
static const struct {
	const char		*text;
	const char		*path;
	enum json_scan_kind	 kind;
	uint64_t		 amount;
	bool			 whole;
} rows[] = {
	{ "{\"a\":1}", "a", JSON_SCAN_AMOUNT, M, true },
	{ " [1 , 2]\n", "*", JSON_SCAN_AMOUNT, 2 * M, true },
	{ "{\"a\":{\"b\":[{\"c\":7}]}}", "a.b.c", JSON_SCAN_AMOUNT, 7 * M,
	    true },
	{ "{\"a\":{\"b\":[{\"c\":7}]}}", "a.b.*.c", JSON_SCAN_AMOUNT, 7 * M,
	    true },
	{ "{\"a\":{\"x\":{\"c\":7}}}", "a.*.c", JSON_SCAN_AMOUNT, 7 * M, true },
	{ "{\"b\":{\"a\":1}}", "a", JSON_SCAN_NOTHING, 0, true },
	{ "{\"x\":\"{\\\"a\\\":1}\"}", "a", JSON_SCAN_NOTHING, 0, true },
	{ "{\"a\":1,\"a\":3}", "a", JSON_SCAN_AMOUNT, 3 * M, true },
	/* a key may be spelled otherwise */
	{ "{\"max\\u005Ftokens\":5}", "max_tokens", JSON_SCAN_AMOUNT, 5 * M,
	    true },
	{ "{\"m\\u0061x\":5}", "max", JSON_SCAN_AMOUNT, 5 * M, true },
	{ "{\"\\u0161\":5}", "a", JSON_SCAN_NOTHING, 0, true },
	/* a long text of which nothing is wanted ends where it does */
	{ "{\"x\":\"" LONG "\\n\\u00e9\\uFFFF\\\"b\\\\\",\"a\":1}", "a",
	    JSON_SCAN_AMOUNT, M, true },
	{ "{\"x\":\"" LONG "\\n\\q\",\"a\":1}", "a", JSON_SCAN_NOTHING, 0,
	    false },
	{ "{\"x\":\"" LONG "\\n\\u00g9\",\"a\":1}", "a",
	    JSON_SCAN_NOTHING, 0, false },
	{ "{\"x\":\"" LONG "\\n\\u00e\",\"a\":1}", "a",
	    JSON_SCAN_NOTHING, 0, false },
	{ "{\"x\":\"" LONG "\\n\\", "a", JSON_SCAN_NOTHING, 0, false },
	{ "[\"x\", \"y\", 1, \"z\"]", "*", JSON_SCAN_TEXT, 0, true },
	{ "[\"x\", \"y\":1]", "a", JSON_SCAN_NOTHING, 0, false },
	{ "{\"x\": true, \"y\" :false,\"z\":null , \"a\":  8}", "a",
	    JSON_SCAN_AMOUNT, 8 * M, true },
	{ "{\"x\": truth, \"a\": 8}", "a", JSON_SCAN_NOTHING, 0, false },
	{ "{\"a\": nullx, \"b\": 8}", "a", JSON_SCAN_NOTHING, 0, false },
	{ "{\"a\": {\"b\": 1}, \"c\": {\"a\": 2}}", "c.a",
	    JSON_SCAN_AMOUNT, 2 * M, true },
	{ "{\"a\": ]}", "a", JSON_SCAN_NOTHING, 0, false },
	{ "{\"a\": }", "a", JSON_SCAN_NOTHING, 0, false },
	/* numbers */
	{ "{\"a\":1.25}", "a", JSON_SCAN_AMOUNT, 1250000, true },
	{ "{\"a\":0.0000001}", "a", JSON_SCAN_AMOUNT, 1, true },
	{ "{\"a\":1e3}", "a", JSON_SCAN_AMOUNT, 1000 * M, true },
	{ "{\"a\":25E-1}", "a", JSON_SCAN_AMOUNT, 2500000, true },
	{ "{\"a\":0e999999999}", "a", JSON_SCAN_AMOUNT, 0, true },
	{ "{\"a\":1000000000}", "a", JSON_SCAN_AMOUNT, JSON_SCAN_MOST, true },
	{ "{\"a\":1000000001}", "a", JSON_SCAN_NO_AMOUNT, 0, true },
	{ "{\"a\":1e400}", "a", JSON_SCAN_NO_AMOUNT, 0, true },
	{ "{\"a\":1e-400}", "a", JSON_SCAN_AMOUNT, 1, true },
	{ "{\"a\":-1}", "a", JSON_SCAN_NO_AMOUNT, 0, true },
	{ "{\"a\":99999999999999999999999999999999999999999999}", "a",
	    JSON_SCAN_NO_AMOUNT, 0, true },
	{ "{\"a\":\"5\"}", "a", JSON_SCAN_TEXT, 0, true },
	{ "{\"a\":true}", "a", JSON_SCAN_TRUE, 0, true },
	{ "{\"a\":null}", "a", JSON_SCAN_OTHER, 0, true },
	{ "{\"a\":{}}", "a", JSON_SCAN_OTHER, 0, true },
	{ "5", "a", JSON_SCAN_NOTHING, 0, true },
	{ "\"x\"", "a", JSON_SCAN_NOTHING, 0, true },
	{ "\"\"]", "a", JSON_SCAN_NOTHING, 0, false },
	{ "true ", "a", JSON_SCAN_NOTHING, 0, true },
	{ "true  ]", "a", JSON_SCAN_NOTHING, 0, false },
	{ "12345]      ", "a", JSON_SCAN_NOTHING, 0, false },
	/* what is no JSON; what was there before it stays */
	{ "{\"a\":1", "a", JSON_SCAN_AMOUNT, M, false },
	{ "{\"a\":01}", "a", JSON_SCAN_NOTHING, 0, false },
	{ "{\"a\":1.}", "a", JSON_SCAN_NOTHING, 0, false },
	{ "{\"a\":-}", "a", JSON_SCAN_NOTHING, 0, false },
	{ "{\"a\":1e}", "a", JSON_SCAN_NOTHING, 0, false },
	{ "{\"a\":tru}", "a", JSON_SCAN_NOTHING, 0, false },
	{ "{\"a\":truely}", "a", JSON_SCAN_NOTHING, 0, false },
	{ "{\"a\":1,}", "a", JSON_SCAN_AMOUNT, M, false },
	{ "[1,]", "a", JSON_SCAN_NOTHING, 0, false },
	{ "{a:1}", "a", JSON_SCAN_NOTHING, 0, false },
	{ "{\"a\" 1}", "a", JSON_SCAN_NOTHING, 0, false },
	{ "{\"a\":1]", "a", JSON_SCAN_AMOUNT, M, false },
	{ "{\"a\":1}}", "a", JSON_SCAN_AMOUNT, M, false },
	{ "{\"a\":1}{", "a", JSON_SCAN_AMOUNT, M, false },
	{ "{\"a\\x\":1}", "a", JSON_SCAN_NOTHING, 0, false },
	{ "{\"a\\u00g0\":1}", "a", JSON_SCAN_NOTHING, 0, false },
	{ "{\"a\":\"\n\"}", "a", JSON_SCAN_NOTHING, 0, false },
	{ "{\"\n\":1}", "a", JSON_SCAN_NOTHING, 0, false },
	{ "{\"b\":\"x\\\\\"}", "a", JSON_SCAN_NOTHING, 0, true },
	{ "", "a", JSON_SCAN_NOTHING, 0, false },
	{ "]", "a", JSON_SCAN_NOTHING, 0, false },
};

/* In pieces of each length. */
START_TEST(table)
{
	struct json_scan_paths paths = { .n = 0 };
	struct json_scan s;
	size_t len = strlen(rows[_i].text), piece, off, n;

	ck_assert_int_eq(json_scan_add(&paths, rows[_i].path), 0);
	for (piece = 1; piece <= len + 1; piece++) {
		json_scan_init(&s, &paths);
		for (off = 0; off < len; off += n) {
			n = len - off < piece ? len - off : piece;
			json_scan_push(&s, rows[_i].text + off, n);
		}
		ck_assert_int_eq(json_scan_end(&s), rows[_i].whole);
		ck_assert_int_eq(s.values[0].kind, rows[_i].kind);
		ck_assert_uint_eq(s.values[0].amount, rows[_i].amount);
	}
}
END_TEST

/* What is looked for many bytes at a time stops at each of them. */
START_TEST(each_length)
{
	struct json_scan_paths paths = { .n = 0 };
	static const char *const ends[] = {
		"\",\"a\":3}", "\\\"x\",\"a\":3}", "\\q\",\"a\":3}",
	};
	struct json_scan s;
	char text[1024];
	size_t len, i;

	json_scan_add(&paths, "a");
	for (len = 0; len < 900; len++)
		for (i = 0; i < sizeof ends / sizeof ends[0]; i++) {
			memcpy(text, "{\"x\":\"", 6);
			memset(text + 6, len % 2 == 0 ? 'b' : '\xe2', len);
			memcpy(text + 6 + len, ends[i], strlen(ends[i]) + 1);
			json_scan_init(&s, &paths);
			ck_assert_int_eq(json_scan_push(&s, text,
			    strlen(text)), i < 2);
			ck_assert_int_eq(json_scan_end(&s), i < 2);
			ck_assert_uint_eq(s.values[0].amount,
			    i < 2 ? 3 * M : 0);
		}
}
END_TEST

START_TEST(several_paths)
{
	struct json_scan_paths paths = { .n = 0 };
	const char *text = "{\"n\":3,\"max\":7,\"max\":5,\"model\":\"m\","
	    "\"usage\":{\"in\":2,\"out\":9}}";
	struct json_scan s;
	uint64_t hash;

	json_scan_add(&paths, "n");
	json_scan_add(&paths, "max");
	json_scan_add(&paths, "usage.out");
	json_scan_add(&paths, "*.in");
	ck_assert_int_eq(json_scan_add(&paths, "model"), 4);
	ck_assert_int_eq(json_scan_add(&paths, "max"), 1);
	json_scan_init(&s, &paths);
	ck_assert(json_scan_push(&s, text, strlen(text)));
	ck_assert(json_scan_end(&s));
	ck_assert_uint_eq(s.values[0].amount, 3 * M);
	ck_assert_uint_eq(s.values[1].amount, 5 * M);
	ck_assert_uint_eq(s.values[1].most, 7 * M);
	ck_assert_uint_eq(s.values[2].amount, 9 * M);
	ck_assert_uint_eq(s.values[3].amount, 2 * M);
	ck_assert_int_eq(s.values[4].kind, JSON_SCAN_TEXT);
	hash = s.values[4].hash;
	json_scan_init(&s, &paths);
	json_scan_push(&s, "{\"model\":\"n\"}", 13);
	ck_assert_uint_ne(s.values[4].hash, hash);
}
END_TEST

START_TEST(too_many_paths)
{
	struct json_scan_paths paths = { .n = 0 };
	char texts[JSON_SCAN_PATHS + 1][8];
	int i;

	for (i = 0; i <= JSON_SCAN_PATHS; i++) {
		snprintf(texts[i], sizeof texts[i], "p%d", i);
		ck_assert_int_eq(json_scan_add(&paths, texts[i]),
		    i < JSON_SCAN_PATHS ? i : -1);
	}
}
END_TEST

static void
push_many(struct json_scan *s, const char *text, unsigned n)
{
	while (n-- > 0)
		json_scan_push(s, text, strlen(text));
}

/* Deeper than is looked at, and deeper than is read. */
START_TEST(deep)
{
	struct json_scan_paths paths = { .n = 0 };
	struct json_scan s;

	json_scan_add(&paths, "a");
	json_scan_init(&s, &paths);
	push_many(&s, "[", JSON_SCAN_LOOK + 5);
	push_many(&s, "{\"a\":1}", 1);
	push_many(&s, "]", JSON_SCAN_LOOK + 5);
	ck_assert(json_scan_end(&s));
	ck_assert_int_eq(s.values[0].kind, JSON_SCAN_NOTHING);

	json_scan_init(&s, &paths);
	push_many(&s, "{\"x\":", JSON_SCAN_DEPTH - 1);
	push_many(&s, "{\"a\":1}", 1);
	push_many(&s, "}", JSON_SCAN_DEPTH - 2);
	push_many(&s, ",\"a\":5}", 1);
	ck_assert(json_scan_end(&s));
	ck_assert_uint_eq(s.values[0].amount, 5 * M);

	json_scan_init(&s, &paths);
	push_many(&s, "[", JSON_SCAN_DEPTH);
	ck_assert(!json_scan_push(&s, "[", 1));
	ck_assert(!json_scan_push(&s, "]", 1));
	ck_assert(!json_scan_end(&s));
}
END_TEST

/* A key that is longer than any of a path's is read, and is none of them. */
START_TEST(long_ones)
{
	struct json_scan_paths paths = { .n = 0 };
	struct json_scan s;
	char key[JSON_SCAN_KEY + 1], text[JSON_SCAN_KEY + 16];

	memset(key, 'k', JSON_SCAN_KEY);
	key[JSON_SCAN_KEY] = '\0';
	json_scan_add(&paths, key);
	json_scan_add(&paths, "a");
	json_scan_add(&paths, "*");
	json_scan_init(&s, &paths);
	push_many(&s, "{\"", 1);
	push_many(&s, "kkkkkkkkkk", 1000);
	push_many(&s, "\":9,\"x\":\"", 1);
	push_many(&s, "\\\"aaaaaaaa", 100000);
	push_many(&s, "\",\"a\":2}", 1);
	ck_assert(json_scan_end(&s));
	ck_assert_int_eq(s.values[0].kind, JSON_SCAN_NOTHING);
	ck_assert_uint_eq(s.values[1].amount, 2 * M);
	ck_assert_uint_eq(s.values[2].most, 2 * M);

	snprintf(text, sizeof text, "{\"%s\":9}", key);
	json_scan_init(&s, &paths);
	push_many(&s, text, 1);
	ck_assert(json_scan_end(&s));
	ck_assert_int_eq(s.values[0].kind, JSON_SCAN_NOTHING);
	ck_assert_int_eq(s.values[2].kind, JSON_SCAN_NOTHING);
}
END_TEST

static const struct {
	const char		*paths[3];
	const char		*mark;	/* "": none */
	char			 rare;
} marks[] = {
	{ { "usage.total_tokens", "*.usage.total_tokens" }, "total_tokens\"",
	    'k' },
	{ { "usage.input_tokens", "usage.output_tokens" }, "put_tokens\"", 'k' },
	{ { "a.promptTokenCount", "a.totalTokenCount" }, "TokenCount\"", 'T' },
	{ { "a.promptTokenCount", "a.totalTokenCount", "*.b" }, "" },
	{ { "usage.total_tokens", "usage.*" }, "" },
	{ { "usage.n" }, "" },
	{ { "a/tokens" }, "tokens\"", 'k' },
	{ { "tok\"ens" }, "ens\"", 's' },
	{ { "tokens/" }, "" },
	{ { "0123456789012345678901234567890123456789012345678901234567890123" },
	    "" },
};

START_TEST(mark)
{
	struct json_scan_paths paths = { .n = 0 };
	const struct json_scan_mark *m = &paths.mark;
	unsigned i;

	for (i = 0; i < 3 && marks[_i].paths[i] != NULL; i++)
		json_scan_add(&paths, marks[_i].paths[i]);
	json_scan_ready(&paths);
	ck_assert_uint_eq(m->len, strlen(marks[_i].mark));
	ck_assert_mem_eq(m->text, marks[_i].mark, m->len);
	if (m->len > 0)
		ck_assert_int_eq(m->text[m->rare], marks[_i].rare);
}
END_TEST

/* Events */

struct heard {
	unsigned		 n;
	uint64_t		 last;
};

static void
hear(const struct json_scan *json, void *arg)
{
	struct heard *h = arg;

	h->n++;
	if (json != NULL && json->values[0].kind == JSON_SCAN_AMOUNT)
		h->last = json->values[0].amount;
}

static const struct {
	const char		*text;
	unsigned		 n;
	uint64_t		 last;
} streams[] = {
	{ "data: {\"used\":1}\n\ndata: {\"used\":2}\n\n", 2, 2 * M },
	{ "data:{\"used\":1}\r\n\r\n: ping\r\n\r\ndata:[DONE]\r\n\r\n", 1, M },
	{ "event: x\rid: 5\rdata: {\"used\":\rdata: 3}\r\r", 1, 3 * M },
	{ "\xef\xbb\xbf" "data: {\"used\":4}\n\n", 1, 4 * M },
	{ "data\n\n", 0, 0 },
	{ "database: {\"used\":1}\n\ndat: {\"used\":1}\n\n", 0, 0 },
	/* what has it not */
	{ "data: {\"b\":\"\"}\n\ndata: {\"b\": 2}\r\n\r\n", 2, 0 },
	{ "data: {\"used\":1}\n\ndata: {\"unused\":2}\n\n", 2, M },
	{ "data: {\"used\":1}\n\ndata: {\"b\":\"used\"}\n\n", 2, M },
	{ "data: {\"b\":\"0123456789012345678901234567890123456789\"}\n\n"
	    "data:{\"b\":\"012345678901234567890123456789012345\n\"}\n\n", 2, 0 },
	{ "data: {\"b\":\"0123456789012345678901234\",\"used\":6}\n\n", 1, 6 * M },
	{ "data: {\"b\":\"0123456789012345678901\",\"us\\u0065d\":6}\n\n", 1,
	    6 * M },
	{ "data: {\"b\":\"\\\\used\\\"\"}\n\n", 1, 0 },
	{ "data: {]}\n\ndata: {\"b\n\n", 2, 0 },
	/* what is spelled otherwise */
	{ "data: {\"b\":\"\"}\n\ndata: {\"\\u0075sed\":3}\n\n", 2, 3 * M },
	{ "data: {\"b\":\"\\n\",\"use\\u0064\":3}\n\n", 1, 3 * M },
	{ "data: {\"b\":{}\ndata: ,\"used\":{}\ndata:,\"used\":3}\n\n", 1,
	    3 * M },
	{ "data: {\"b\":\r{}}\n\ndata: {\"b\":\rdata: 5,\"used\":2}\n\n", 2,
	    2 * M },
	{ "data: {\"b\":{}\r\ndata: ,\"used\":3}\n\r\n", 1, 3 * M },
	/* its end never comes */
	{ "data: {\"used\":1}\n", 0, 0 },
	{ "data: {\"b\":1}\r\n\n\ndata: {\"b\":1}\r\n", 1, 0 },
	{ "data: {\"used\":1}\n\ndata: {\"used\":", 1, M },
	{ "data: {\"used\":1\n\ndata: {\"used\":7}\n\n", 2, 7 * M },
};

START_TEST(events)
{
	struct json_scan_paths paths = { .n = 0 };
	size_t len = strlen(streams[_i].text), piece, off, n;
	struct json_scan json;
	struct sse_scan s;
	struct heard h;

	json_scan_add(&paths, "used");
	json_scan_ready(&paths);
	for (piece = 1; piece <= len; piece++) {
		h = (struct heard){ 0 };
		json_scan_init(&json, &paths);
		sse_scan_init(&s, &json, hear, &h);
		for (off = 0; off < len; off += n) {
			n = len - off < piece ? len - off : piece;
			sse_scan_push(&s, streams[_i].text + off, n);
		}
		ck_assert_uint_eq(h.n, streams[_i].n);
		ck_assert_uint_eq(h.last, streams[_i].last);
	}
}
END_TEST

/* Compressed */

#define TEXT	300000

static char	text[TEXT], out[TEXT], packed[2 * TEXT];
static size_t	nout;

static void
take(const char *p, size_t n, void *arg)
{
	(void)arg;
	ck_assert_uint_le(nout + n, TEXT);
	memcpy(out + nout, p, n);
	nout += n;
}

static size_t
pack(int bits, size_t len)
{
	z_stream z = { 0 };

	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, bits, 8,
	    Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)text;
	z.avail_in = (uInt)len;
	z.next_out = (Bytef *)packed;
	z.avail_out = sizeof packed;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return sizeof packed - z.avail_out;
}

static const int formats[] = { 15 + 16, 15, -15 };

START_TEST(unpacks)
{
	size_t len, off, n;
	struct unpack *u;
	unsigned piece, i;

	for (i = 0; i < TEXT; i++)
		text[i] = (char)('a' + i * i % 23);
	len = pack(formats[_i], TEXT);
	for (piece = 1; piece < 100000; piece = piece * 7) {
		u = unpack_new(formats[_i] == 15 + 16);
		nout = 0;
		for (off = 0; off < len; off += n) {
			n = len - off < piece ? len - off : piece;
			ck_assert(unpack_push(u, packed + off, n, take, NULL));
		}
		ck_assert_uint_eq(nout, TEXT);
		ck_assert_mem_eq(out, text, TEXT);
		unpack_free(u);
	}
	unpack_free(NULL);
}
END_TEST

/* One member behind another; and what is none. */
START_TEST(unpacks_members)
{
	struct unpack *u = unpack_new(true);
	size_t len;

	memset(text, 'a', 1000);
	len = pack(15 + 16, 1000);
	nout = 0;
	ck_assert(unpack_push(u, packed, len, take, NULL));
	ck_assert(unpack_push(u, packed, len, take, NULL));
	ck_assert_uint_eq(nout, 2000);
	ck_assert(!unpack_push(u, "{\"a\": 1}", 8, take, NULL));
	ck_assert(!unpack_push(u, packed, len, take, NULL));
	ck_assert_uint_eq(nout, 2000);
	unpack_free(u);
}
END_TEST

static void
drop(const char *p, size_t n, void *arg)
{
	(void)p;
	*(size_t *)arg += n;
}

/* Ten times the work that any text would be is not done. */
START_TEST(unpacks_no_bomb)
{
	static char bomb[1 << 16];
	struct unpack *u = unpack_new(true);
	size_t len, all = 0;
	unsigned i;
	z_stream z = { 0 };

	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8,
	    Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = (Bytef *)bomb;
	z.avail_out = sizeof bomb;
	memset(text, '0', TEXT);
	for (i = 0; i < 100; i++) {
		z.next_in = (Bytef *)text;
		z.avail_in = TEXT;
		ck_assert_int_eq(deflate(&z, Z_NO_FLUSH), Z_OK);
	}
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	len = sizeof bomb - z.avail_out;
	deflateEnd(&z);
	ck_assert(!unpack_push(u, bomb, len, drop, &all));
	ck_assert_uint_le(all, 100 * len + UNPACK_FREE);
	unpack_free(u);
}
END_TEST

static Suite *
json_scan_suite(void)
{
	Suite *suite = suite_create("json_scan");
	TCase *json = tcase_create("json");
	TCase *sse = tcase_create("sse");
	TCase *zlib = tcase_create("unpack");

	tcase_add_loop_test(json, table, 0, sizeof rows / sizeof rows[0]);
	tcase_add_test(json, several_paths);
	tcase_add_test(json, each_length);
	tcase_add_test(json, too_many_paths);
	tcase_add_test(json, deep);
	tcase_add_test(json, long_ones);
	suite_add_tcase(suite, json);
	tcase_add_loop_test(sse, mark, 0, sizeof marks / sizeof marks[0]);
	tcase_add_loop_test(sse, events, 0,
	    sizeof streams / sizeof streams[0]);
	suite_add_tcase(suite, sse);
	tcase_add_loop_test(zlib, unpacks, 0,
	    sizeof formats / sizeof formats[0]);
	tcase_add_test(zlib, unpacks_members);
	tcase_add_test(zlib, unpacks_no_bomb);
	suite_add_tcase(suite, zlib);
	return suite;
}

int
main(void)
{
	return run_suite(json_scan_suite());
}
