/* SPDX-License-Identifier: ISC */

/* Structured fields: what is one, what is none, and what an item holds. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "http/sf.h"
#include "check_exact.h"
#include "check_run.h"

static const char *const lists[] = {
	"", " ", "a", "*a", "a:/b", "a, b", "a,b", "a\t,\tb", " a , b ",
	"\"\"", "\"a\\\\\\\"b\"", "0", "-0", "999999999999999", "1.5", "-1.500",
	"999999999999.999", "?0", "?1", "::", ":YQ==:", "@0", "@-1",
	"%\"\"", "%\"%c3%bc a\"", "a;b", "a;b=1", "a; b=1;  c", "a;*b=?0",
	"a;b-c_d.e*1=t", "a;b;b", "1;w=60, 2;w=\"x\"",
};

static const char *const not_lists[] = {
	",", "a,", ",a", "a,,b", "a b", "a ;b", "a;", "a; ", "a;=1", "a;B",
	"a;1b", "a;-b", "a;b=", "a;b= 1", "a;b =1", "a;b==1", "\"", "\"a",
	"\"a\\", "\"a\\b\"", "\"a\"b", "\"\t\"", "\"\x7f\"", "\"\xc3\xbc\"",
	"-", "--1", "+1", ".5", "1.", "1.a", "1.0000", "1000000000000000",
	"1000000000000.5", "1.2.3", "-a", "?", "?2", "?t", "?10", ":", ":a",
	":a b:", ":a-b:", "@", "@a", "@1.5", "@@1", "%", "%\"", "%a",
	"%\"%\"", "%\"%C3\"", "%\"%c\"", "%\"%gg\"", "%\"\xc3\"", "(a b)",
	"()", "a=1", "a, b=1", "{}", "a\tb", "\ta", "'a'", "=", ";", "a;b=;c",
	"a;b=(1)", "a;\tb",
};

static const char *const dictionaries[] = {
	"", "a", "a=1", "a, b=2", "a;x=1, b=\"c\";y", "a=?0", "*=1", "a=1,a=2",
	"limit=100, remaining=50, reset=30",
};

static const char *const not_dictionaries[] = {
	"A", "A=1", "a=", "a=1,", "a =1", "a= 1", "a=(1)", "=1", "1", "\"a\"",
	"a=1 b=2", "a=1;", ",", "limit=100; remaining=50; reset=,",
};

START_TEST(a_list)
{
	struct http1_str s = exact(lists[_i]);

	ck_assert_msg(sf_is_list(s), "%s", lists[_i]);
	drop(s);
}
END_TEST

START_TEST(not_a_list)
{
	struct http1_str s = exact(not_lists[_i]);

	ck_assert_msg(!sf_is_list(s), "%s", not_lists[_i]);
	drop(s);
}
END_TEST

START_TEST(a_dictionary)
{
	struct http1_str s = exact(dictionaries[_i]);

	ck_assert_msg(sf_is_dictionary(s), "%s", dictionaries[_i]);
	drop(s);
}
END_TEST

START_TEST(not_a_dictionary)
{
	struct http1_str s = exact(not_dictionaries[_i]);

	ck_assert_msg(!sf_is_dictionary(s), "%s", not_dictionaries[_i]);
	drop(s);
}
END_TEST

START_TEST(nul_is_nothing)
{
	static const struct http1_str values[] = {
		{ "\0", 1 }, { "a\0", 2 }, { "\"\0\"", 3 }, { "a;b\0", 4 },
		{ "1\0", 2 }, { "a;\0", 3 }, { "a,\0", 3 }, { ":\0:", 3 },
	};

	ck_assert(!sf_is_list(values[_i]));
	ck_assert(!sf_is_dictionary(values[_i]));
}
END_TEST

static struct sf_item
item_of(const char *text)
{
	struct http1_str s = { text, strlen(text) };
	struct sf sf;
	struct sf_item item;

	sf_start(&sf, s);
	ck_assert_msg(sf_member(&sf, &item), "%s", text);
	ck_assert_msg(sf.p == sf.end, "%s", text);
	return item;
}

START_TEST(items)
{
	struct sf_item item;

	ck_assert_int_eq(item_of("42").milli, 42000);
	ck_assert_int_eq(item_of("-42").milli, -42000);
	ck_assert_int_eq(item_of("1.5").milli, 1500);
	ck_assert_int_eq(item_of("-0.001").milli, -1);
	ck_assert_int_eq(item_of("0.25").milli, 250);
	ck_assert_int_eq(item_of("999999999999999").milli,
	    999999999999999000);
	ck_assert_int_eq(item_of("999999999999.999").milli, 999999999999999);
	ck_assert(item_of("?1").yes);
	ck_assert(!item_of("?0").yes);
	ck_assert_int_eq(item_of("@5").type, SF_DATE);
	ck_assert_int_eq(item_of("%\"\"").type, SF_DISPLAY);
	ck_assert_int_eq(item_of(":YQ==:").type, SF_BYTES);
	item = item_of("\"a\\\"b\"");
	ck_assert_int_eq(item.type, SF_STRING);
	ck_assert(http1_str_is(item.text, "a\\\"b"));
	item = item_of("*a/b:c");
	ck_assert_int_eq(item.type, SF_TOKEN);
	ck_assert(http1_str_is(item.text, "*a/b:c"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sf");
	TCase *tc = tcase_create("fields");

	ROWS(tc, a_list, lists);
	ROWS(tc, not_a_list, not_lists);
	ROWS(tc, a_dictionary, dictionaries);
	ROWS(tc, not_a_dictionary, not_dictionaries);
	tcase_add_loop_test(tc, nul_is_nothing, 0, 8);
	tcase_add_test(tc, items);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
