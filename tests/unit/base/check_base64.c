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

static Suite *
suite(void)
{
	Suite *s = suite_create("base64");
	TCase *tc = tcase_create("base64");

	ROWS(tc, decode, texts);
	tcase_add_test(tc, nul);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}
