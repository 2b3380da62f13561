/* SPDX-License-Identifier: ISC */
#include "base/base64.h"

#include <string.h>

#include "check_run.h"

/* RFC 4648 10, the two characters in which its two forms differ, and errors. */
static const struct {
	const char	*text;
	size_t		 n;
	const char	*plain;
} texts[] = {
	{ "", 0, "" },
	{ "Zg==", 1, "f" },
	{ "Zm8=", 2, "fo" },
	{ "Zm9v", 3, "foo" },
	{ "Zm9vYg==", 4, "foob" },
	{ "Zm9vYmE=", 5, "fooba" },
	{ "Zm9vYmFy", 6, "foobar" },
	{ "Zg", 1, "f" },
	{ "Zm8", 2, "fo" },
	{ "Zm9vYg=", 4, "foob" },
	{ "+/+/", 3, "\xfb\xff\xbf" },
	{ "-_-_", 3, "\xfb\xff\xbf" },
	{ "AAAA", 3, "\0\0\0" },
	{ "A", 0, "" },
	{ "====", 0, "" },
	{ "Zg==Zg==", 0, "" },
	{ "Zm 9v", 0, "" },
	{ "Zm9v\n", 0, "" },
	{ "Zm9\xc3\xa4", 0, "" },
};

START_TEST(decode)
{
	const char *text = texts[_i].text;
	char out[32];
	size_t n;

	ck_assert_uint_le(BASE64_PLAIN(strlen(text)), sizeof out);
	n = base64_decode(out, text, strlen(text));
	ck_assert_uint_eq(n, texts[_i].n);
	ck_assert_mem_eq(out, texts[_i].plain, n);
}
END_TEST

/* A NUL ends no text of a given length. */
START_TEST(nul)
{
	char out[8];

	ck_assert_uint_eq(base64_decode(out, "Zm9v\0Zm9", 8), 0);
}
END_TEST

/* The first seven of them, and back. */
START_TEST(encode)
{
	char out[BASE64_TEXT(6)];

	ck_assert_uint_eq(BASE64_TEXT(texts[_i].n), strlen(texts[_i].text) + 1);
	base64_encode(out, texts[_i].plain, texts[_i].n);
	ck_assert_str_eq(out, texts[_i].text);
}
END_TEST

START_TEST(encode_all_bytes)
{
	char bytes[256], text[BASE64_TEXT(256)], back[BASE64_PLAIN(344)];
	size_t i;

	for (i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)i;
	base64_encode(text, bytes, sizeof bytes);
	ck_assert_uint_eq(strlen(text), 344);
	ck_assert_uint_eq(base64_decode(back, text, 344), sizeof bytes);
	ck_assert_mem_eq(back, bytes, sizeof bytes);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("base64");
	TCase *tc = tcase_create("base64");

	ROWS(tc, decode, texts);
	tcase_add_test(tc, nul);
	tcase_add_loop_test(tc, encode, 0, 7);
	tcase_add_test(tc, encode_all_bytes);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}
