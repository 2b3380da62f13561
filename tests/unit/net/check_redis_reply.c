/* SPDX-License-Identifier: ISC */
#include "net/redis_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "net/redis_place.h"

/* Replies as they come: whole, in pieces, and such as are none. */

static struct redis_reader	*reader;
static const struct redis_reply	*reply;
static const char		*why;

static void
setup(void)
{
	reader = redis_reader_new();
	ck_assert_ptr_nonnull(reader);
}

static void
teardown(void)
{
	redis_reader_free(reader);
}

static enum redis_read
read_text(const char *text)
{
	ck_assert(redis_reader_feed(reader, text, strlen(text)));
	return redis_reader_next(reader, &reply, &why);
}

START_TEST(whole)
{
	ck_assert_int_eq(read_text("+OK\r\n:-5\r\n$-1\r\n*2\r\n$1\r\na\r\n"
	    "*0\r\n"), REDIS_READ_REPLY);
	ck_assert(redis_reply_is(reply, "OK"));
	ck_assert(!redis_reply_is(reply, "O"));
	ck_assert_int_eq(redis_reader_next(reader, &reply, &why),
	    REDIS_READ_REPLY);
	ck_assert_int_eq(reply->integer, -5);
	ck_assert_int_eq(redis_reader_next(reader, &reply, &why),
	    REDIS_READ_REPLY);
	ck_assert_int_eq(reply->kind, REDIS_NIL);
	ck_assert_int_eq(redis_reader_next(reader, &reply, &why),
	    REDIS_READ_REPLY);
	ck_assert_int_eq(reply->kind, REDIS_ARRAY);
	ck_assert_str_eq(reply->first->text, "a");
	ck_assert_int_eq(reply->first->next->kind, REDIS_ARRAY);
	ck_assert_ptr_null(reply->first->next->next);
	ck_assert_int_eq(redis_reader_next(reader, &reply, &why),
	    REDIS_READ_MORE);
}
END_TEST

START_TEST(in_pieces)
{
	static const char text[] = "*2\r\n$5\r\nab\r\nc\r\n-ERR x\r\n";
	size_t i;

	for (i = 0; i < sizeof text - 1; i++) {
		ck_assert_int_eq(redis_reader_next(reader, &reply, &why),
		    REDIS_READ_MORE);
		ck_assert(redis_reader_feed(reader, text + i, 1));
	}
	ck_assert_int_eq(redis_reader_next(reader, &reply, &why),
	    REDIS_READ_REPLY);
	ck_assert_uint_eq(reply->first->len, 5);
	ck_assert_str_eq(reply->first->text, "ab\r\nc");
	ck_assert_str_eq(reply->first->next->text, "ERR x");
}
END_TEST

/* What a reply's size may be, at its edge and behind it. */
START_TEST(sizes)
{
	char *text = malloc(REDIS_REPLY_MAX + 64);
	int n;

	ck_assert_ptr_nonnull(text);
	n = snprintf(text, 64, "$%d\r\n", REDIS_REPLY_MAX - 1 + _i);
	memset(text + n, 'x', REDIS_REPLY_MAX);
	snprintf(text + n + REDIS_REPLY_MAX - 1 + _i, 8, "\r\n");
	ck_assert_int_eq(read_text(text), _i == 0 ? REDIS_READ_REPLY :
	    REDIS_READ_FAILED);
	free(text);
}
END_TEST

START_TEST(parts)
{
	char text[8 * REDIS_REPLY_PARTS];
	int i, n = snprintf(text, sizeof text, "*%d\r\n",
	    REDIS_REPLY_PARTS - 1 + _i);

	for (i = 0; i < REDIS_REPLY_PARTS - 1 + _i; i++)
		n += snprintf(text + n, sizeof text - (size_t)n, ":1\r\n");
	ck_assert_int_eq(read_text(text), _i == 0 ? REDIS_READ_REPLY :
	    REDIS_READ_FAILED);
	if (_i != 0)
		ck_assert_str_eq(why, "a reply of more than 256 parts");
}
END_TEST

/* ... in all, however they are nested. */
START_TEST(parts_of_parts)
{
	char text[8 * REDIS_REPLY_PARTS + 64];
	int i, j, n = snprintf(text, sizeof text, "*2\r\n");

	for (i = 0; i < 2; i++) {
		n += snprintf(text + n, sizeof text - (size_t)n, "*%d\r\n",
		    REDIS_REPLY_PARTS / 2);
		for (j = 0; j < REDIS_REPLY_PARTS / 2; j++)
			n += snprintf(text + n, sizeof text - (size_t)n,
			    "%s", _i == 0 ? ":1\r\n" : "+a\r\n");
	}
	ck_assert_int_eq(read_text(text), REDIS_READ_FAILED);
	ck_assert_str_eq(why, "a reply of more than 256 parts");
}
END_TEST

/* Numbers, as text or as such. */
static const struct {
	const char	*text;
	uint64_t	 max;
	bool		 is;
	uint64_t	 number;
} numbers[] = {
	{ ":0\r\n", 5, true, 0 }, { ":5\r\n", 5, true, 5 },
	{ ":6\r\n", 5, false, 0 }, { ":-1\r\n", 5, false, 0 },
	{ "$1\r\n5\r\n", 5, true, 5 }, { "$1\r\n6\r\n", 5, false, 0 },
	{ "$2\r\n05\r\n", 5, true, 5 }, { "$0\r\n\r\n", 5, false, 0 },
	{ "$2\r\n-1\r\n", 5, false, 0 }, { "$2\r\n 1\r\n", 5, false, 0 },
	{ "$20\r\n18446744073709551615\r\n", UINT64_MAX, true, UINT64_MAX },
	{ "$20\r\n18446744073709551616\r\n", UINT64_MAX, false, 0 },
	{ "+5\r\n", 5, false, 0 }, { "*0\r\n", 5, false, 0 },
};

START_TEST(number)
{
	uint64_t n = 77;

	ck_assert_int_eq(read_text(numbers[_i].text), REDIS_READ_REPLY);
	ck_assert(redis_reply_number(reply, numbers[_i].max, &n) ==
	    numbers[_i].is);
	ck_assert_uint_eq(n, numbers[_i].is ? numbers[_i].number : 77);
}
END_TEST

static const struct {
	const char	*text;
	const char	*code;
} errors[] = {
	{ "-NOSCRIPT No matching script.\r\n", "NOSCRIPT" },
	{ "-NOSCRIPTS no\r\n", "" },
	{ "-LOADING\r\n", "LOADING" },
	{ "-HUNTER2 x\r\n", "" },
	{ "-ERR Error running script (call to f_1): @user_script:1: -READONLY "
	    "You can't\r\n", "READONLY" },
	{ "+NOSCRIPT\r\n", "" },
};

START_TEST(code)
{
	char text[REDIS_WHY];

	ck_assert_int_eq(read_text(errors[_i].text), REDIS_READ_REPLY);
	ck_assert_str_eq(redis_reply_code(reply), errors[_i].code);
	ck_assert_uint_lt(strlen(redis_reply_say(reply, text)), REDIS_WHY);
}
END_TEST

START_TEST(said)
{
	char text[REDIS_WHY], long_one[400];

	ck_assert_int_eq(read_text("-ERR \x1b[1m\xc3\xa4\r\n"),
	    REDIS_READ_REPLY);
	ck_assert_str_eq(redis_reply_say(reply, text), "ERR ?[1m??");
	memset(long_one, 'x', sizeof long_one);
	memcpy(long_one, "-", 1);
	memcpy(long_one + sizeof long_one - 3, "\r\n", 3);
	ck_assert_int_eq(read_text(long_one), REDIS_READ_REPLY);
	ck_assert_uint_eq(strlen(redis_reply_say(reply, text)),
	    REDIS_WHY - 1);
}
END_TEST

/* Where it says that something is; NULL: it does not. */
static const struct {
	const char	*text;
	const char	*name;
	uint16_t	 port;
} places[] = {
	{ "-MOVED 3999 127.0.0.1:6381\r\n", "127.0.0.1", 6381 },
	{ "-ASK 3999 127.0.0.1:6381\r\n", "127.0.0.1", 6381 },
	{ "-MOVED 1 ::1:7\r\n", "::1", 7 },
	{ "-MOVED 1 a.example:7\r\n", "a.example", 7 },
	{ "-MOVED 1 :7\r\n", "asked.example", 7 },
	{ "-MOVED 1 ?:7\r\n", "asked.example", 7 },
	{ "-MOVED 1 a:0\r\n", NULL, 0 }, { "-MOVED 1 a:65536\r\n", NULL, 0 },
	{ "-MOVED 1 a:\r\n", NULL, 0 }, { "-MOVED 1 a\r\n", NULL, 0 },
	{ "-MOVED a:7\r\n", NULL, 0 }, { "-MOVE 1 a:7\r\n", NULL, 0 },
	{ "+MOVED 1 a:7\r\n", NULL, 0 },
};

START_TEST(place)
{
	const struct http1_host asked = { .name = "asked.example" };
	struct http1_host host;
	bool is;

	ck_assert_int_eq(read_text(places[_i].text), REDIS_READ_REPLY);
	is = redis_place_moved(reply, &asked, &host);
	ck_assert(is == (places[_i].name != NULL));
	ck_assert(redis_place_is_once(reply) ==
	    (strncmp(places[_i].text, "-ASK", 4) == 0));
	if (is) {
		ck_assert_str_eq(host.name, places[_i].name);
		ck_assert_uint_eq(host.port, places[_i].port);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("redis_reply");
	TCase *tc = tcase_create("reply");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, whole);
	tcase_add_test(tc, in_pieces);
	tcase_add_loop_test(tc, sizes, 0, 2);
	tcase_add_loop_test(tc, parts, 0, 2);
	tcase_add_loop_test(tc, parts_of_parts, 0, 2);
	ROWS(tc, number, numbers);
	ROWS(tc, code, errors);
	tcase_add_test(tc, said);
	ROWS(tc, place, places);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
