/* SPDX-License-Identifier: ISC */
#include "base/fnv.h"

#include <string.h>

#include "check_run.h"

/* As they stand in "The FNV Non-Cryptographic Hash Algorithm" (RFC 9923). */
static const struct {
	const char	*text;
	uint64_t	 hash;
} vectors[] = {
	{ "", UINT64_C(0xcbf29ce484222325) },
	{ "a", UINT64_C(0xaf63dc4c8601ec8c) },
	{ "foobar", UINT64_C(0x85944171f73967e8) },
};

START_TEST(vector)
{
	const char *text = vectors[_i].text;

	ck_assert_uint_eq(fnv_bytes(FNV_BASIS, text, strlen(text)),
	    vectors[_i].hash);
}
END_TEST

/* Bytes above 127 are those, whatever a char is; and it can be gone on with. */
START_TEST(goes_on)
{
	const char bytes[] = { 'x', (char)0xff };

	ck_assert_uint_eq(fnv_bytes(FNV_BASIS, bytes, 2),
	    fnv_add(fnv_bytes(FNV_BASIS, bytes, 1), 0xff));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("fnv");
	TCase *tc = tcase_create("fnv");

	suite_add_tcase(suite, tc);
	ROWS(tc, vector, vectors);
	tcase_add_test(tc, goes_on);
	return run_suite(suite);
}
