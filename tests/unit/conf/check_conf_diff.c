/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "check_run.h"
#include "conf/conf_diff.h"

/* In what two configurations differ. */

static const struct {
	const char	*was;
	const char	*is;
	const char	*diff;		/* "PATH: WAS -> IS;" each */
} rows[] = {
	{ "a: 1", "a: 1", "" },
	/* how it is written does not count */
	{ "a: 1\nb: {c: x}", "# new\nb:\n  c: \"x\"\na: '1'", "" },
	{ "a: 1", "a: 2", "a: 1 -> 2;" },
	{ "a: {b: {c: 1, d: 2}}", "a: {b: {c: 1, d: 3}}",
	  "a.b.d: 2 -> 3;" },
	{ "a: 1", "a: 1\nb: 2", "b: (none) -> 2;" },
	{ "a: 1\nb: 2", "a: 1", "b: 2 -> (none);" },
	{ "a: 1\nb: {c: [1, 2], d: x}", "a: 1",
	  "b: {c: [1, 2], d: x} -> (none);" },
	{ "a: [1, 2]", "a: [1, 3]", "a[1]: 2 -> 3;" },
	{ "a: [1]", "a: [1, 3]", "a[1]: (none) -> 3;" },
	{ "a: [1, 2]", "a: []", "a[0]: 1 -> (none);a[1]: 2 -> (none);" },
	{ "a: [{b: 1}]", "a: [{b: 2}]", "a[0].b: 1 -> 2;" },
	{ "a: 1", "a: [1]", "a: 1 -> [1];" },
	{ "a: {b: 1}", "a: [1]", "a: {b: 1} -> [1];" },
	{ "a: &x {b: 1}\nc: *x", "a: {b: 1}\nc: {b: 2}",
	  "c.b: 1 -> 2;" },
	/* what a terminal would obey is shown */
	{ "a: 1", "a: \"\\e[2J\"", "a: 1 -> \\x1b[2J;" },
};

static void
diff_cb(const char *path, const char *was, const char *is, void *arg)
{
	text_putf(arg, "%s: %s -> %s;", path, was != NULL ? was : "(none)",
	    is != NULL ? is : "(none)");
}

static struct conf_yaml *
parse(const char *text)
{
	struct conf_report report = { .name = "test" };
	struct conf_yaml *yaml = conf_yaml_parse(&report, text, strlen(text));

	ck_assert_msg(yaml != NULL, "%s", report.cause);
	return yaml;
}

static void
differ(const char *was, const char *is, struct text *got)
{
	struct conf_yaml *before = parse(was), *after = parse(is);

	conf_diff(conf_yaml_root(before), conf_yaml_root(after), diff_cb, got);
	text_put(got, "", 1);
	ck_assert(!got->failed);
	conf_yaml_free(before);
	conf_yaml_free(after);
}

START_TEST(diff)
{
	struct text got = { NULL, 0, 0, false };

	differ(rows[_i].was, rows[_i].is, &got);
	ck_assert_str_eq(got.p, rows[_i].diff);
	text_free(&got);
}
END_TEST

/* Long values are cut, and long paths too. */
START_TEST(is_long)
{
	struct text was = { NULL, 0, 0, false }, got = was;
	unsigned i;

	for (i = 0; i < 20; i++)
		text_putf(&was, "%*s%0100u:\n", (int)i, "", i);
	text_putf(&was, "%*s: [", 20, "x");
	for (i = 0; i < 1000; i++)
		text_putf(&was, "%u, ", i);
	text_puts(&was, "0]\n");
	text_put(&was, "", 1);
	differ("a: 1", was.p, &got);
	ck_assert_uint_lt(got.len, CONF_DIFF_PATH + CONF_DIFF_TEXT + 64);
	ck_assert_ptr_nonnull(strstr(got.p, "...;"));
	text_free(&was);
	text_free(&got);
}
END_TEST

static Suite *
diff_suite(void)
{
	Suite *suite = suite_create("conf_diff");
	TCase *tc = tcase_create("conf_diff");

	ROWS(tc, diff, rows);
	tcase_add_test(tc, is_long);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(diff_suite());
}
