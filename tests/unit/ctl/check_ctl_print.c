/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "ctl/ctl_print.h"

/* What people read: text that nothing in it can break, and tables. */

static const struct {
	const char	*text;
	const char	*safe;
} safe[] = {
	{ "", "" },
	{ "api.example.com:443~0a", "api.example.com:443~0a" },
	{ "a\tb\nc\r", "a\\x09b\\x0ac\\x0d" },
	{ "\033[2Jx\177", "\\x1b[2Jx\\x7f" },
	/* C1 controls as UTF-8, and as bytes */
	{ "\302\233m", "\\u{9b}m" },
	{ "\233m", "\\x9bm" },
	{ "b\303\274cher", "b\303\274cher" },
	{ "\344\270\255", "\344\270\255" },
	/* what turns the direction, or takes no room */
	{ "a\342\200\256b", "a\\u{202e}b" },
	{ "a\342\200\213b", "a\\u{200b}b" },
	{ "\357\273\277x", "\\u{feff}x" },
	/* no UTF-8: cut off, overlong, surrogates, beyond the last */
	{ "\303", "\\xc3" },
	{ "\300\257", "\\xc0\\xaf" },
	{ "\340\200\257", "\\xe0\\x80\\xaf" },
	{ "\355\240\200", "\\xed\\xa0\\x80" },
	{ "\364\220\200\200", "\\xf4\\x90\\x80\\x80" },
	{ "\303(", "\\xc3(" },
};

START_TEST(safe_text)
{
	struct text t = { NULL, 0, 0, false };

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	ctl_print_safe(&t, safe[_i].text, strlen(safe[_i].text));
	ck_assert_uint_eq(t.len, strlen(safe[_i].safe));
	if (t.len > 0)
		ck_assert_mem_eq(t.p, safe[_i].safe, t.len);
	text_free(&t);
}
END_TEST

/* Where the terminal takes ASCII only, it gets that. */
START_TEST(safe_ascii)
{
	struct text t = { NULL, 0, 0, false };

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C"));
	ctl_print_safe(&t, "\303\274", 2);
	ck_assert_uint_eq(t.len, strlen("\\u{fc}"));
	ck_assert_mem_eq(t.p, "\\u{fc}", t.len);
	text_free(&t);
}
END_TEST

static const struct {
	const char	*text;
	unsigned	 max;
	size_t		 bytes;
	unsigned	 columns;
} fits[] = {
	{ "", 5, 0, 0 },
	{ "abc", 5, 3, 3 },
	{ "abc", 2, 2, 2 },
	{ "abc", 0, 0, 0 },
	{ "\344\270\255x", 3, 4, 3 },
	{ "\344\270\255x", 1, 0, 0 },
	{ "\303\274\303\274", 1, 2, 1 },
	/* what is no UTF-8 is a column a byte */
	{ "\303(\377x", 3, 3, 3 },
	/* a combining mark stays with its letter */
	{ "e\314\201x", 1, 3, 1 },
};

START_TEST(fit)
{
	unsigned columns;
	size_t n;

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	n = ctl_print_fit(fits[_i].text, strlen(fits[_i].text), fits[_i].max,
	    &columns);
	ck_assert_uint_eq(n, fits[_i].bytes);
	ck_assert_uint_eq(columns, fits[_i].columns);
}
END_TEST

/* What a table of two rows looks like on such a paper. */
static char *
printed(unsigned width, bool styles, size_t from, size_t max, long picked)
{
	struct ctl_table *t = ctl_table_new("HOST|>N|PAUSE");
	struct ctl_paper paper = { NULL, width, styles };
	char *text = NULL;
	size_t size;

	paper.out = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(paper.out);
	ctl_cell(t, CTL_PLAIN, "%s", "a-rather-long-name-of.example.com");
	ctl_cell(t, CTL_BAD, "%d", 31);
	ctl_cell(t, CTL_PLAIN, "%s", "28 s, its answer 429");
	ctl_cell(t, CTL_PLAIN, "%s", "b\033.test");
	ctl_cell(t, CTL_PLAIN, "%d", 7);
	ctl_cell(t, CTL_PLAIN, "%s", "");
	ctl_table_print(t, &paper, from, max, picked);
	ctl_table_free(t);
	fclose(paper.out);
	return text;
}

static const struct {
	unsigned	 width;
	bool		 styles;
	size_t		 from, max;
	long		 picked;
	const char	*text;
} tables[] = {
	{ 0, false, 0, 9, -1,
	  "HOST                                N  PAUSE\n"
	  "a-rather-long-name-of.example.com  31  28 s, its answer 429\n"
	  "b\\x1b.test                          7  \n" },
	{ 0, false, 1, 9, -1,
	  "HOST                                N  PAUSE\n"
	  "b\\x1b.test                          7  \n" },
	{ 0, false, 0, 1, -1,
	  "HOST                                N  PAUSE\n"
	  "a-rather-long-name-of.example.com  31  28 s, its answer 429\n" },
	/* the last column is cut, then the first */
	{ 50, false, 0, 1, -1,
	  "HOST                                N  PAUSE\n"
	  "a-rather-long-name-of.example.com  31  28 s, its +\n" },
	{ 40, false, 0, 1, -1,
	  "HOST                         N  PAUSE\n"
	  "a-rather-long-name-of.exa+  31  28 s, i+\n" },
	/* then columns go */
	{ 30, false, 0, 1, -1,
	  "HOST                       N\n"
	  "a-rather-long-name-of.e+  31\n" },
	{ 10, false, 0, 1, -1,
	  "HOST\n"
	  "a-rather-+\n" },
	/* of a column of one there is only that it goes on */
	{ 27, false, 0, 1, -1,
	  "HOST                      N\n"
	  "a-rather-long-name-of.e+  +\n" },
	{ 1, false, 0, 1, -1, "+\n+\n" },
	{ 0, true, 0, 1, -1,
	  "\033[1mHOST\033[0m                                "
	  "\033[1mN\033[0m  \033[1mPAUSE\033[0m\n"
	  "a-rather-long-name-of.example.com  \033[31m31\033[0m  "
	  "28 s, its answer 429\n" },
	{ 0, true, 1, 1, 1,
	  "\033[1mHOST\033[0m                                "
	  "\033[1mN\033[0m  \033[1mPAUSE\033[0m\n"
	  "\033[7mb\\x1b.test\033[0m                          "
	  "\033[7m7\033[0m  \n" },
};

START_TEST(table)
{
	char *text;

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	text = printed(tables[_i].width, tables[_i].styles, tables[_i].from,
	    tables[_i].max, tables[_i].picked);
	ck_assert_str_eq(text, tables[_i].text);
	free(text);
}
END_TEST

/* Only the format's own line end is one. */
START_TEST(line)
{
	struct ctl_paper paper = { NULL, 0, true };
	char *text = NULL;
	size_t size;

	paper.out = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(paper.out);
	ctl_printf(&paper, CTL_GOOD, "%s is %s\n", "a\nb", "open");
	ctl_printf(&paper, CTL_PLAIN, "\n");
	fclose(paper.out);
	ck_assert_str_eq(text, "\033[32ma\\x0ab is open\033[0m\n\n");
	free(text);
}
END_TEST

static Suite *
print_suite(void)
{
	Suite *suite = suite_create("ctl_print");
	TCase *tc = tcase_create("ctl_print");

	ROWS(tc, safe_text, safe);
	tcase_add_test(tc, safe_ascii);
	ROWS(tc, fit, fits);
	ROWS(tc, table, tables);
	tcase_add_test(tc, line);
	suite_add_tcase(suite, tc);
	return suite;
}

int
main(void)
{
	return run_suite(print_suite());
}
