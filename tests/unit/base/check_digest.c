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

static Suite *
suite(void)
{
	Suite *s = suite_create("digest");
	TCase *tc = tcase_create("digest");

	ROWS(tc, known, digests);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}
