/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "hint/json_path.h"
#include "check_run.h"

START_TEST(is_path)
{
	ck_assert(json_path_is("a"));
	ck_assert(json_path_is("a.*.b"));
	ck_assert(!json_path_is(""));
	ck_assert(!json_path_is("."));
	ck_assert(!json_path_is("a."));
	ck_assert(!json_path_is(".a"));
	ck_assert(!json_path_is("a..b"));
	ck_assert(json_path_is("1.2.3.4.5.6.7.8.9.a.b.c.d.e.f.g"));
	ck_assert(!json_path_is("1.2.3.4.5.6.7.8.9.a.b.c.d.e.f.g.h"));
}
END_TEST

static Suite *
json_path_suite(void)
{
	Suite *suite = suite_create("json_path");
	TCase *path = tcase_create("path");

	tcase_add_test(path, is_path);
	suite_add_tcase(suite, path);
	return suite;
}

int
main(void)
{
	return run_suite(json_path_suite());
}
