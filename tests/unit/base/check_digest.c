/* SPDX-License-Identifier: ISC */
#include "base/digest.h"

#include <string.h>

#include "check_run.h"

/* FIPS 180-4's example, nothing, and bytes that are no text. */
static const struct {
	const char	*bytes;
	size_t		 n;
	const char	*text;
} digests[] = {
	{ "", 0, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" },
	{ "abc", 3, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=" },
	{ "\0\xff", 2, "But9amnuGeX733SQGNPSq/oEvL0TZdsxLrhtxxaTibg=" },
};

START_TEST(known)
{
	char out[DIGEST_TEXT];

	ck_assert(digest_text(out, digests[_i].bytes, digests[_i].n));
	ck_assert_str_eq(out, digests[_i].text);
}
END_TEST

/* FIPS 180-4's example, and nothing. */
static const struct {
	const char	*bytes;
	const char	*hex;
} sha1s[] = {
	{ "", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
	{ "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
};

START_TEST(known_sha1)
{
	char out[DIGEST_SHA1];

	ck_assert(digest_sha1(out, sha1s[_i].bytes, strlen(sha1s[_i].bytes)));
	ck_assert_str_eq(out, sha1s[_i].hex);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("digest");
	TCase *tc = tcase_create("digest");

	ROWS(tc, known, digests);
	ROWS(tc, known_sha1, sha1s);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}
