/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/http1.h"
#include "http/http1_chunked.h"
#include "http/http1_error.h"

#include "check_http1.h"

/* What came of a body, however it was cut up. */
struct decoded {
	enum http1_result	 result;
	enum http1_error	 error;
	size_t			 used;
	size_t			 len;
	char			 data[32768];
	size_t			 trailers_len;
	char			 trailers[HTTP1_TRAILERS];
};

/* Whether the data of chunks is put together. */
static bool	 joins;

/* Feeds a piece to its end, or to the body's. */
static void
feed(struct http1_chunked *c, struct decoded *out, const char *p, size_t len)
{
	char *copy = exact_copy(p, len);
	struct http1_str data;
	size_t at = 0;
	size_t used;

	do {
		out->result = (joins ? http1_chunked_join(c, copy + at,
		    len - at, &used, &data) : http1_chunked(c, copy + at,
		    len - at, &used, &data));
		ck_assert_uint_le(used, len - at);
		if (data.p != NULL) {
			ck_assert(data.p >= copy + at);
			ck_assert(data.p + data.len <= copy + at + used);
			ck_assert_uint_le(data.len,
			    sizeof out->data - out->len);
			memcpy(out->data + out->len, data.p, data.len);
			out->len += data.len;
		}
		ck_assert(used > 0 || at == len ||
		    out->result != HTTP1_MORE);
		at += used;
	} while (out->result == HTTP1_MORE && at < len);
	out->used += at;
	free(copy);
}

static void
start(struct http1_chunked *c, struct decoded *out)
{
	memset(out, 0, offsetof(struct decoded, data));
	http1_chunked_init(c, false);
	out->result = HTTP1_MORE;
}

static void
finish(struct http1_chunked *c, struct decoded *out)
{
	out->error = c->error;
	out->trailers_len = c->trailers_len;
	if (c->trailers_len > 0)
		memcpy(out->trailers, c->trailers, c->trailers_len);
	http1_chunked_free(c);
	if (out->result == HTTP1_FAILED)
		out->used = 0;	/* says nothing then */
}

/* Cut in two at cut, and the rest in pieces of step bytes. */
static void
decode(struct decoded *out, const char *p, size_t len, size_t cut,
    size_t step)
{
	struct http1_chunked c;
	size_t n = cut;

	start(&c, out);
	for (size_t at = 0; at < len && out->result == HTTP1_MORE; at += n) {
		if (at > 0 || cut == 0)
			n = step;
		if (n > len - at)
			n = len - at;
		feed(&c, out, p + at, n);
	}
	finish(&c, out);
}

static void
compare(const struct decoded *got, const struct decoded *want)
{
	ck_assert_int_eq(got->result, want->result);
	ck_assert_int_eq(got->error, want->error);
	ck_assert_uint_eq(got->used, want->used);
	ck_assert_uint_eq(got->len, want->len);
	ck_assert_mem_eq(got->data, want->data, want->len);
	ck_assert_uint_eq(got->trailers_len, want->trailers_len);
	ck_assert_mem_eq(got->trailers, want->trailers, want->trailers_len);
}

static void
decode_all_ways(struct decoded *whole, const char *p, size_t len)
{
	static struct decoded parts;

	decode(whole, p, len, 0, len);
	for (size_t cut = 1; cut < len; cut++) {
		decode(&parts, p, len, cut, len);
		compare(&parts, whole);
	}
	decode(&parts, p, len, 1, 1);
	compare(&parts, whole);
	joins = true;
	for (size_t cut = 0; cut < len; cut++) {
		decode(&parts, p, len, cut, len);
		compare(&parts, whole);
	}
	decode(&parts, p, len, 2, 2);
	compare(&parts, whole);
	joins = false;
}

static const struct {
	struct http1_str	 input;
	const char		*data;
	size_t			 left;	/* bytes behind the body */
	const char		*trailers;
} good[] = {
	{ BYTES("0\r\n\r\n"), "", 0, "" },
	{ BYTES("5\r\nhello\r\n0\r\n\r\n"), "hello", 0, "" },
	{ BYTES("5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n"), "hello, world",
	    0, "" },
	{ BYTES("a\r\n0123456789\r\n0\r\n\r\n"), "0123456789", 0, "" },
	{ BYTES("A\r\n0123456789\r\n0\r\n\r\n"), "0123456789", 0, "" },
	{ BYTES("1\r\n\r\r\n1\r\n\n\r\n0\r\n\r\n"), "\r\n", 0, "" },
	{ BYTES("000\r\n\r\n"), "", 0, "" },
	{ BYTES("0000000000000002\r\nab\r\n0000000000000000\r\n\r\n"), "ab",
	    0, "" },
	{ BYTES("1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n"), "a", 16, "" },
	{ BYTES("0\r\n\r\n0\r\n\r\n"), "", 5, "" },
	/* extensions are read and dropped */
	{ BYTES("1;a\r\nx\r\n0;b=c\r\n\r\n"), "x", 0, "" },
	{ BYTES("1;a=\"b;c\"\r\nx\r\n0\r\n\r\n"), "x", 0, "" },
	{ BYTES("1;a=\"\\\"\\\\\";b\r\nx\r\n0\r\n\r\n"), "x", 0, "" },
	{ BYTES("1 \t; a = b ; c\r\nx\r\n0\r\n\r\n"), "x", 0, "" },
	{ BYTES("1;a\tb\r\nx\r\n0\r\n\r\n"), "x", 0, "" },
	/* trailers */
	{ BYTES("0\r\nA: b\r\n\r\n"), "", 0, "A: b\r\n" },
	{ BYTES("1\r\na\r\n02\r\nbc\r\n1;x\r\nd\r\n3\r\nefg\r\n0\r\n\r\n"),
	    "abcdefg", 0, "" },
	{ BYTES("1\r\nx\r\n0\r\nA: b\r\nC:\r\n\r\nrest"), "x", 4,
	    "A: b\r\nC:\r\n" },
	{ BYTES("0\r\nA: \xe4\tb \r\n\r\n"), "", 0, "A: \xe4\tb \r\n" },
};

START_TEST(test_good)
{
	static struct decoded got;

	decode_all_ways(&got, good[_i].input.p, good[_i].input.len);
	ck_assert_int_eq(got.result, HTTP1_DONE);
	ck_assert_int_eq(got.error, HTTP1_OK);
	ck_assert_uint_eq(got.used, good[_i].input.len - good[_i].left);
	ck_assert_uint_eq(got.len, strlen(good[_i].data));
	ck_assert_mem_eq(got.data, good[_i].data, got.len);
	ck_assert_uint_eq(got.trailers_len, strlen(good[_i].trailers));
	ck_assert_mem_eq(got.trailers, good[_i].trailers, got.trailers_len);
}
END_TEST

static const struct {
	struct http1_str	 input;
	enum http1_error	 error;
} bad[] = {
	/* sizes */
	{ BYTES("0x5\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK },
	{ BYTES("+5\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK },
	{ BYTES("-1\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK },
	{ BYTES("-0\r\n\r\n"), HTTP1_BAD_CHUNK },
	{ BYTES(" 5\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK },
	{ BYTES("\t5\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK },
	{ BYTES("5_\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK },
	{ BYTES("5 \r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_EXT },
	{ BYTES("2 zz\r\nab\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_EXT },
	{ BYTES("5 5\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_EXT },
	{ BYTES("5,\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK },
	{ BYTES("g\r\n"), HTTP1_BAD_CHUNK },
	{ BYTES("5\0\r\nhello"), HTTP1_BAD_CHUNK },
	{ BYTES("\xb5\r\nhello"), HTTP1_BAD_CHUNK },
	{ BYTES("\r\n\r\n"), HTTP1_BAD_CHUNK },
	{ BYTES("\n"), HTTP1_BAD_CHUNK },
	{ BYTES(";a\r\n"), HTTP1_BAD_CHUNK },
	{ BYTES("10000000000000000\r\n"), HTTP1_BAD_CHUNK },
	{ BYTES("10000000000000005\r\nhello\r\n"), HTTP1_BAD_CHUNK },
	{ BYTES("fffffffffffffffff\r\n"), HTTP1_BAD_CHUNK },
	{ BYTES("00000000000000005\r\nhello\r\n"), HTTP1_BAD_CHUNK },
	/* extensions */
	{ BYTES("5;\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_EXT },
	{ BYTES("5; \r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_EXT },
	{ BYTES("5 ;\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_EXT },
	{ BYTES("5;;a\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_EXT },
	{ BYTES("5;a;\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_EXT },
	{ BYTES("5;=a\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_EXT },
	{ BYTES("5;\"a\"\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_EXT },
	{ BYTES("5;a=\"b\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_EXT },
	{ BYTES("5;a=\"b\\\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_EXT },
	{ BYTES("5;a\x01\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_EXT },
	{ BYTES("5;a\0\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_EXT },
	{ BYTES("5;a\x7f\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_EXT },
	{ BYTES("5;a\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_EXT },
	{ BYTES("5;a\rb\r\nhello\r\n0\r\n\r\n"), HTTP1_BARE_CR },
	{ BYTES("0;\r\n\r\n"), HTTP1_BAD_CHUNK_EXT },
	/* line ends */
	{ BYTES("5\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK },
	{ BYTES("5\rhello\r\n0\r\n\r\n"), HTTP1_BARE_CR },
	{ BYTES("5\r\rhello\r\n0\r\n\r\n"), HTTP1_BARE_CR },
	{ BYTES("5\r\nhello\n0\r\n\r\n"), HTTP1_BAD_CHUNK_END },
	{ BYTES("5\r\nhello\r0\r\n\r\n"), HTTP1_BAD_CHUNK_END },
	{ BYTES("5\r\nhello\rX0\r\n\r\n"), HTTP1_BAD_CHUNK_END },
	{ BYTES("5\r\nhelloX\n0\r\n\r\n"), HTTP1_BAD_CHUNK_END },
	{ BYTES("5\r\nhello\n\n0\r\n\r\n"), HTTP1_BAD_CHUNK_END },
	{ BYTES("5\r\nhello0\r\n\r\n"), HTTP1_BAD_CHUNK_END },
	{ BYTES("5\r\nhelloXX0\r\n\r\n"), HTTP1_BAD_CHUNK_END },
	{ BYTES("4\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_END },
	{ BYTES("6\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_END },
	{ BYTES("0\n\n"), HTTP1_BAD_CHUNK },
	{ BYTES("0\r\n\n"), HTTP1_BARE_LF },
	{ BYTES("0\r\n\rX"), HTTP1_BARE_CR },
	/* trailers */
	{ BYTES("0\r\nA: b\n\r\n"), HTTP1_BARE_LF },
	{ BYTES("0\r\nA: b\rX\r\n\r\n"), HTTP1_BARE_CR },
	{ BYTES("0\r\nA: b\0\r\n\r\n"), HTTP1_NUL },
	{ BYTES("0\r\n\0"), HTTP1_NUL },
	{ BYTES("0\r\nA: b\r\n\rX"), HTTP1_BARE_CR },
	{ BYTES("0\r\nA b\r\n\r\n"), HTTP1_NO_COLON },
	{ BYTES("0\r\nA : b\r\n\r\n"), HTTP1_SPACED_COLON },
	{ BYTES("0\r\n: b\r\n\r\n"), HTTP1_BAD_FIELD },
	{ BYTES("0\r\n A: b\r\n\r\n"), HTTP1_FOLDED },
	{ BYTES("0\r\nA: b\r\n\tc: d\r\n\r\n"), HTTP1_FOLDED },
	{ BYTES("0\r\n\xe4: b\r\n\r\n"), HTTP1_BAD_FIELD },
};

START_TEST(test_bad)
{
	static struct decoded got;

	decode_all_ways(&got, bad[_i].input.p, bad[_i].input.len);
	ck_assert_int_eq(got.result, HTTP1_FAILED);
	ck_assert_int_eq(got.error, bad[_i].error);
	ck_assert_int_eq(http1_error_status(got.error), 400);
}
END_TEST

/* Cut off anywhere, a body is neither done nor broken. */
START_TEST(test_cut_off)
{
	static struct decoded got;
	size_t len = good[_i].input.len - good[_i].left;

	for (size_t n = 0; n < len; n++) {
		decode(&got, good[_i].input.p, n, 0, n);
		ck_assert_int_eq(got.result, HTTP1_MORE);
		ck_assert_uint_eq(got.used, n);
	}
}
END_TEST

/* What is done or broken stays so and takes nothing more. */
START_TEST(test_final)
{
	struct http1_chunked c;
	struct http1_str data;
	size_t used;

	http1_chunked_init(&c, false);
	ck_assert_int_eq(http1_chunked(&c, "", 0, &used, &data), HTTP1_MORE);
	ck_assert_uint_eq(used, 0);
	ck_assert_int_eq(http1_chunked(&c, "0\r\n\r\n", 5, &used, &data),
	    HTTP1_DONE);
	ck_assert_uint_eq(used, 5);
	ck_assert_int_eq(http1_chunked(&c, "0\r\n\r\n", 5, &used, &data),
	    HTTP1_DONE);
	ck_assert_uint_eq(used, 0);
	http1_chunked_free(&c);

	http1_chunked_init(&c, false);
	ck_assert_int_eq(http1_chunked(&c, "x", 1, &used, &data),
	    HTTP1_FAILED);
	ck_assert_int_eq(http1_chunked(&c, "0\r\n\r\n", 5, &used, &data),
	    HTTP1_FAILED);
	ck_assert_int_eq(c.error, HTTP1_BAD_CHUNK);
	http1_chunked_free(&c);
}
END_TEST

/* 2^64 - 1 is a size; its data comes in as many pieces as there are. */
START_TEST(test_largest_size)
{
	struct http1_chunked c;
	struct http1_str data;
	size_t used;

	http1_chunked_init(&c, false);
	ck_assert_int_eq(http1_chunked(&c, "ffffffffffffffff\r\nabc", 21,
	    &used, &data), HTTP1_MORE);
	ck_assert_uint_eq(data.len, 3);
	ck_assert_uint_eq(c.left, UINT64_MAX - 3);
	ck_assert_int_eq(http1_chunked(&c, "def", 3, &used, &data),
	    HTTP1_MORE);
	ck_assert_uint_eq(data.len, 3);
	ck_assert_uint_eq(c.left, UINT64_MAX - 6);
	http1_chunked_free(&c);
}
END_TEST

/* Extensions are counted over the whole message, semicolons with them. */
START_TEST(test_extensions_bounded)
{
	static struct decoded got;
	char text[HTTP1_CHUNK_EXT + 64];
	size_t extra = (size_t)_i;
	size_t n = 0;
	size_t fill = HTTP1_CHUNK_EXT - 3 + extra;

	memcpy(text, "1;ab\r\nx\r\n0;", 11);
	n = 11;
	memset(text + n, 'a', fill - 1);
	n += fill - 1;
	memcpy(text + n, "\r\n\r\n", 4);
	n += 4;
	decode(&got, text, n, 0, n);
	ck_assert_int_eq(got.result, extra == 0 ? HTTP1_DONE : HTTP1_FAILED);
	ck_assert_int_eq(got.error, extra == 0 ? HTTP1_OK :
	    HTTP1_BAD_CHUNK_EXT);
	decode(&got, text, n, 1, 1);
	ck_assert_int_eq(got.error, extra == 0 ? HTTP1_OK :
	    HTTP1_BAD_CHUNK_EXT);
}
END_TEST

START_TEST(test_trailers_bounded)
{
	static struct decoded got;
	char text[HTTP1_TRAILERS + 64];
	size_t fill = HTTP1_TRAILERS - 4 + (size_t)_i;
	size_t n = 5;

	memcpy(text, "0\r\nA:", 5);
	memset(text + n, 'b', fill);
	n += fill;
	memcpy(text + n, "\r\n\r\n", 4);
	n += 4;
	decode(&got, text, n, 0, n);
	ck_assert_int_eq(got.error, _i == 0 ? HTTP1_OK : HTTP1_LONG_TRAILERS);
	ck_assert_int_eq(got.result, _i == 0 ? HTTP1_DONE : HTTP1_FAILED);
	decode(&got, text, n, 1, 1);
	ck_assert_int_eq(got.error, _i == 0 ? HTTP1_OK : HTTP1_LONG_TRAILERS);
	/* Without an end in sight, too. */
	decode(&got, text, n - 4, 1, 1);
	ck_assert_int_eq(got.error, _i < 3 ? HTTP1_OK : HTTP1_LONG_TRAILERS);
	ck_assert_int_eq(http1_error_status(HTTP1_LONG_TRAILERS), 431);
}
END_TEST

/* Their bytes are bounded, not how many they are. */
START_TEST(test_many_trailers)
{
	static struct http1_head head;
	static char text[HTTP1_TRAILERS + 64];
	struct http1_chunked c;
	struct http1_str data;
	size_t used;
	size_t n = 3;

	memcpy(text, "0\r\n", 3);
	for (int i = 0; i < HTTP1_TRAILERS / 4; i++, n += 4)
		memcpy(text + n, "A:\r\n", 4);
	memcpy(text + n, "\r\n", 2);
	http1_chunked_init(&c, false);
	ck_assert_int_eq(http1_chunked(&c, text, n + 2, &used, &data),
	    HTTP1_DONE);
	ck_assert_int_eq(http1_trailers(&head, &c), HTTP1_OK);
	ck_assert_uint_eq(head.nfields, HTTP1_TRAILERS / 4);
	http1_chunked_free(&c);
}
END_TEST

/* Old servers write a size into a place of a fixed width. */
START_TEST(test_size_filled_up)
{
	static const char text[] = "4  \t\r\nfine\r\n0 \r\n\r\n";
	struct decoded out = { .result = HTTP1_MORE };
	struct http1_chunked c;

	http1_chunked_init(&c, _i == 1);
	feed(&c, &out, text, sizeof text - 1);
	ck_assert_int_eq(out.result, _i == 1 ? HTTP1_DONE : HTTP1_FAILED);
	ck_assert_int_eq(c.error, _i == 1 ? HTTP1_OK : HTTP1_BAD_CHUNK_EXT);
	if (_i == 1) {
		ck_assert_uint_eq(out.len, 4);
		ck_assert_mem_eq(out.data, "fine", 4);
	}
	http1_chunked_free(&c);
}
END_TEST

/* A response of n chunks of one byte, with blanks and more behind each size. */
static enum http1_error
filled_up(unsigned n, size_t blanks, const char *more, bool slowly)
{
	struct http1_chunked c;
	struct http1_str data;
	enum http1_result result = HTTP1_MORE;
	enum http1_error error;
	char line[2 * HTTP1_CHUNK_BLANKS + 64];
	size_t len, used, at, step;

	memset(line, ' ', sizeof line);
	line[0] = '1';
	len = 1 + blanks + (size_t)snprintf(line + 1 + blanks, 32,
	    "%s\r\nx\r\n", more);
	http1_chunked_init(&c, true);
	for (; n > 0 && result == HTTP1_MORE; n--) {
		for (at = 0; at < len && result == HTTP1_MORE; at += used) {
			step = slowly ? 1 : len - at;
			result = http1_chunked(&c, line + at, step, &used,
			    &data);
		}
	}
	error = c.error;
	http1_chunked_free(&c);
	return error;
}

/* That is bounded for each, but may be so in any number of them. */
START_TEST(test_blanks_bounded)
{
	const size_t most = HTTP1_CHUNK_BLANKS;
	bool slowly = _i == 1;

	ck_assert_int_eq(filled_up(1000, 8, "", slowly), HTTP1_OK);
	ck_assert_int_eq(filled_up(1000, most, "", slowly), HTTP1_OK);
	ck_assert_int_eq(filled_up(1, most + 1, "", slowly),
	    HTTP1_BAD_CHUNK_EXT);
	/* before an extension they are a part of it */
	ck_assert_int_eq(filled_up(HTTP1_CHUNK_EXT / 32, 30, ";a", slowly),
	    HTTP1_OK);
	ck_assert_int_eq(filled_up(HTTP1_CHUNK_EXT / 32 + 1, 30, ";a",
	    slowly), HTTP1_BAD_CHUNK_EXT);
	ck_assert_int_eq(filled_up(HTTP1_CHUNK_EXT / 2 + 1, 0, ";a", slowly),
	    HTTP1_BAD_CHUNK_EXT);
}
END_TEST

/* RFC 9112 5.1: of a response it is removed, of a request it is an error. */
START_TEST(test_space_before_a_colon)
{
	static const char text[] = "0\r\nA \t: b\r\n\r\n";
	static struct http1_head head;
	struct http1_chunked c;
	struct http1_str data;
	size_t used;

	http1_chunked_init(&c, _i == 1);
	ck_assert_int_eq(http1_chunked(&c, text, sizeof text - 1, &used,
	    &data), _i == 1 ? HTTP1_DONE : HTTP1_FAILED);
	ck_assert_int_eq(c.error, _i == 1 ? HTTP1_OK : HTTP1_SPACED_COLON);
	ck_assert_int_eq(http1_trailers(&head, &c), c.error);
	ck_assert_uint_eq(head.nfields, _i);
	if (_i == 1)
		ck_assert(http1_str_is(head.fields[0].name, "a"));
	http1_chunked_free(&c);
}
END_TEST

/* As many calls as chunks, however small these are. */
START_TEST(test_tiny_chunks)
{
	const unsigned chunks = repetitions(200000);
	struct http1_chunked c;
	struct http1_str data;
	char *text = malloc(6 * chunks + 5);
	size_t at = 0;
	size_t used;
	size_t calls = 0;
	enum http1_result result;

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < chunks; i++)
		memcpy(text + 6 * i, "1\r\nx\r\n", 6);
	memcpy(text + 6 * chunks, "0\r\n\r\n", 5);
	http1_chunked_init(&c, false);
	do {
		result = http1_chunked(&c, text + at, 6 * chunks + 5 - at,
		    &used, &data);
		ck_assert_uint_eq(data.len, result == HTTP1_MORE ? 1 : 0);
		at += used;
		calls++;
	} while (result == HTTP1_MORE);
	ck_assert_int_eq(result, HTTP1_DONE);
	ck_assert_uint_eq(at, 6 * chunks + 5);
	ck_assert_uint_eq(calls, chunks + 1);
	http1_chunked_free(&c);
	free(text);
}
END_TEST

/* Data that is worth a call of its own has one, and stays where it is. */
START_TEST(test_joined)
{
	static char text[8192];
	static const char small[] = "1\r\na\r\n", end[] = "0\r\n\r\n";
	struct http1_chunked c;
	struct http1_str data;
	size_t at = 0, n = 0, used;

	for (; n < 600; n += sizeof small - 1)
		memcpy(text + n, small, sizeof small - 1);
	memcpy(text + n, "1000\r\n", 6);
	memset(text + n + 6, 'b', 4096);
	memcpy(text + n + 6 + 4096, "\r\n", 2);
	n += 6 + 4096 + 2;
	memcpy(text + n, "1000\r\n", 6);
	memset(text + n + 6, 'c', 2048);
	http1_chunked_init(&c, false);
	ck_assert_int_eq(http1_chunked_join(&c, text, n + 6 + 2048, &used,
	    &data), HTTP1_MORE);
	ck_assert_uint_eq(data.len, 100 + 4096);
	ck_assert_ptr_eq(data.p, text + 3);
	ck_assert_int_eq(data.p[99], 'a');
	ck_assert_int_eq(data.p[100], 'b');
	at = used;
	ck_assert_int_eq(http1_chunked_join(&c, text + at, n + 6 + 2048 - at,
	    &used, &data), HTTP1_MORE);
	ck_assert_uint_eq(at + used, n + 6 + 2048);
	ck_assert_uint_eq(data.len, 2048);
	ck_assert_ptr_eq(data.p, text + n + 6);
	/* the end, and what is behind it, after the rest of that one */
	memset(text, 'c', 2048);
	memcpy(text + 2048, "\r\n", 2);
	memcpy(text + 2050, end, sizeof end);
	ck_assert_int_eq(http1_chunked_join(&c, text, 2048 + 2 + sizeof end,
	    &used, &data), HTTP1_MORE);
	ck_assert_uint_eq(data.len, 2048);
	ck_assert_int_eq(http1_chunked_join(&c, text + used, 2 + sizeof end,
	    &used, &data), HTTP1_DONE);
	ck_assert_uint_eq(used, 2 + sizeof end - 1);
	ck_assert_uint_eq(data.len, 0);
	http1_chunked_free(&c);
}
END_TEST

/* A byte in each chunk is one call all the same, with the end, too. */
START_TEST(test_tiny_chunks_joined)
{
	const unsigned chunks = repetitions(200000);
	struct http1_chunked c;
	struct http1_str data;
	char *text = malloc(6 * chunks + 5);
	size_t used;

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < chunks; i++)
		memcpy(text + 6 * i, "1\r\nx\r\n", 6);
	memcpy(text + 6 * chunks, "0\r\n\r\n", 5);
	http1_chunked_init(&c, false);
	ck_assert_int_eq(http1_chunked_join(&c, text, 6 * chunks + 5, &used,
	    &data), HTTP1_DONE);
	ck_assert_uint_eq(used, 6 * chunks + 5);
	ck_assert_uint_eq(data.len, chunks);
	for (size_t i = 0; i < chunks; i++)
		ck_assert_int_eq(data.p[i], 'x');
	http1_chunked_free(&c);
	free(text);
}
END_TEST

START_TEST(test_trailer_fields)
{
	static const char text[] = "0\r\n"
	    "Content-Length: 5\r\nX-Checksum:  abc \r\n"
	    "transfer-encoding: chunked\r\nHost: evil\r\n"
	    "AUTHORIZATION: Basic eA==\r\nProxy-Authorization: x\r\n"
	    "Connection: x-checksum\r\nKeep-Alive: 5\r\nTE: x\r\n"
	    "Set-Cookie: a=b\r\nContent-Type: text/html\r\n"
	    "Content-Encoding: gzip\r\nContent-Range: bytes 0-1/2\r\n"
	    "Cache-Control: no-store\r\nRetry-After: 9\r\nTrailer: x\r\n"
	    "Upgrade: h2c\r\nMax-Forwards: 0\r\nExpect: 100-continue\r\n"
	    "Via: 1.1 x\r\nX-Forwarded-For: 10.0.0.1\r\n"
	    "Server-Timing: db;dur=5\r\nETag: \"x\"\r\n\r\n";
	static struct http1_head head;
	struct http1_chunked c;
	struct http1_str data;
	size_t used;

	http1_chunked_init(&c, false);
	ck_assert_int_eq(http1_trailers(&head, &c), HTTP1_OK);
	ck_assert_uint_eq(head.nfields, 0);
	ck_assert_int_eq(http1_chunked(&c, text, sizeof text - 1, &used,
	    &data), HTTP1_DONE);
	ck_assert_int_eq(http1_trailers(&head, &c), HTTP1_OK);
	ck_assert_uint_eq(head.nfields, 3);
	ck_assert(http1_str_is(head.fields[0].name, "x-checksum"));
	ck_assert(http1_str_is(head.fields[0].value, "abc"));
	ck_assert(!head.fields[0].hop);
	ck_assert(http1_str_is(head.fields[1].name, "server-timing"));
	ck_assert(http1_str_is(head.fields[2].name, "etag"));
	http1_chunked_free(&c);
	ck_assert_ptr_null(c.trailers);
}
END_TEST

/* RFC 9110 7.6.1: what the head's Connection names is not passed on. */
START_TEST(test_named_trailers)
{
	static const char text[] = "0\r\nX-Hop: 1\r\nx-hope: 2\r\n"
	    "X-HO: 3\r\nx-other: 4\r\nclose: 5\r\n\r\n";
	static const struct http1_head head = {
		.nfields = 3,
		.fields = {
			{ BYTES("Connection"), BYTES(",close, x-HOP, TE, ;,"),
			    HTTP1_CONNECTION, true },
			{ BYTES("X-A"), BYTES("x-ho"), HTTP1_OTHER, false },
			{ BYTES("connection"), BYTES("upgrade,X-Other"),
			    HTTP1_CONNECTION, true },
		},
	};
	static struct http1_head trailers;
	struct http1_chunked c;
	struct http1_str data;
	size_t used;

	http1_chunked_init(&c, _i == 1);
	http1_chunked_heed(&c, &head);
	ck_assert_uint_eq(c.names_len, sizeof "x-HOP,X-Other," - 1);
	ck_assert_int_eq(http1_chunked(&c, text, sizeof text - 1, &used,
	    &data), HTTP1_DONE);
	ck_assert_int_eq(http1_trailers(&trailers, &c), HTTP1_OK);
	ck_assert_uint_eq(trailers.nfields, 3);
	ck_assert(http1_str_is(trailers.fields[0].name, "x-hope"));
	ck_assert(http1_str_is(trailers.fields[1].name, "x-ho"));
	ck_assert(http1_str_is(trailers.fields[2].name, "close"));
	http1_chunked_free(&c);
	ck_assert_ptr_null(c.names);
}
END_TEST

/* Most messages name none, and cost nothing. */
START_TEST(test_no_named_trailers)
{
	static struct http1_head head = {
		.nfields = 1,
		.fields = {
			{ BYTES("Connection"),
			    BYTES("Keep-Alive, TE, close, Upgrade, x y, "),
			    HTTP1_CONNECTION, true },
		},
	};
	struct http1_chunked c;

	http1_chunked_init(&c, false);
	http1_chunked_heed(&c, &head);
	ck_assert_ptr_null(c.names);
	ck_assert(!c.no_trailers);
	http1_chunked_free(&c);
}
END_TEST

/* Names are bounded: behind more of them no trailer is known to be harmless. */
START_TEST(test_named_trailers_bounded)
{
	static const char text[] = "0\r\nX-A: 1\r\n\r\n";
	static char name[HTTP1_CHUNK_NAMES + 1];
	static struct http1_head head;
	struct http1_chunked c;
	struct http1_str data;
	size_t used;

	memset(name, 'a', sizeof name);
	head.nfields = 1;
	head.fields[0] = (struct http1_field){ BYTES("Connection"),
	    { name, HTTP1_CHUNK_NAMES - 1 + (size_t)_i }, HTTP1_CONNECTION,
	    true };
	http1_chunked_init(&c, false);
	http1_chunked_heed(&c, &head);
	ck_assert_int_eq(http1_chunked(&c, text, sizeof text - 1, &used,
	    &data), HTTP1_DONE);
	ck_assert_int_eq(http1_trailers(&head, &c), HTTP1_OK);
	ck_assert_uint_eq(head.nfields, _i == 0 ? 1 : 0);
	http1_chunked_free(&c);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("http1_chunked");
	TCase *tc = tcase_create("chunked");

	tcase_add_loop_test(tc, test_good, 0, NROWS(good));
	tcase_add_loop_test(tc, test_bad, 0, NROWS(bad));
	tcase_add_loop_test(tc, test_cut_off, 0, NROWS(good));
	tcase_add_test(tc, test_final);
	tcase_add_test(tc, test_largest_size);
	tcase_add_loop_test(tc, test_extensions_bounded, 0, 2);
	tcase_add_loop_test(tc, test_trailers_bounded, 0, 4);
	tcase_add_test(tc, test_many_trailers);
	tcase_add_loop_test(tc, test_space_before_a_colon, 0, 2);
	tcase_add_loop_test(tc, test_size_filled_up, 0, 2);
	tcase_add_loop_test(tc, test_blanks_bounded, 0, 2);
	tcase_add_test(tc, test_tiny_chunks);
	tcase_add_test(tc, test_tiny_chunks_joined);
	tcase_add_test(tc, test_joined);
	tcase_add_test(tc, test_trailer_fields);
	tcase_add_loop_test(tc, test_named_trailers, 0, 2);
	tcase_add_test(tc, test_no_named_trailers);
	tcase_add_loop_test(tc, test_named_trailers_bounded, 0, 2);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
