/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_conf.h"
#include "conf/conf_table.h"

/*
 * Each key of the table with values of shapes that it does not have: whoever
 * reads a text has to look first whether there is one.
 */

static int
count_options(void)
{
	const struct conf_option *option;
	int n = 0;

	for (option = conf_options(); option != NULL;
	    option = conf_option_next(option))
		n++;
	return n;
}

/* What stands for a * behind a key. */
static const char *
any_name(const char *behind)
{
	return strncmp(behind, "paths", 5) == 0 ? "/a" : "a.test";
}

/* A configuration of which nothing but what leads to path is there. */
static void
write_at(FILE *out, const char *path, const char *value)
{
	const char *above = "", *dot;
	char close[32];
	size_t len, n = 0;

	for (;; above = path, path = dot + 1) {
		dot = strchr(path, '.');
		len = dot == NULL ? strlen(path) : (size_t)(dot - path);
		ck_assert_uint_lt(n + 2, sizeof close);
		close[n++] = '}';
		if (path[0] == '*')
			fprintf(out, "{\"%s\": ", any_name(above));
		else if (len > 2 && path[len - 1] == ']') {
			fprintf(out, "{%.*s: [", (int)len - 2, path);
			close[n++] = ']';
		} else
			fprintf(out, "{%.*s: ", (int)len, path);
		if (dot == NULL)
			break;
	}
	fputs(value, out);
	while (n > 0)
		fputc(close[--n], out);
}

static const struct shape {
	const char	*value;
	bool		 never;		/* no key has such values */
} shapes[] = {
	{ "~", false },
	{ "[~]", false },
	{ "[]", false },
	{ "{}", false },
	{ "[{}]", false },
	{ "\"\"", false },
	{ "[\"\"]", false },
	{ "[[]]", true },
	{ "[[a]]", true },
	{ "[[[{a: b}]]]", true },
	{ "[a, [b]]", true },
	{ "{a: [b]}", false },
	{ "{a: {b: {}}}", false },
	{ "[{a: [b]}]", true },
	{ "{~: a}", false },
	{ "{[a]: b}", true },
	{ "{{a: b}: c}", true },
	{ "[{[a]: b}]", true },
};

START_TEST(shape_of_values)
{
	const struct conf_option *option = conf_options();
	const struct shape *shape;
	char *text = NULL;
	size_t size = 0;
	FILE *out;
	int i;

	for (i = 0; i < _i; i++)
		option = conf_option_next(option);
	for (shape = shapes; shape < shapes + COUNT(shapes); shape++) {
		ck_assert_ptr_nonnull(out = open_memstream(&text, &size));
		write_at(out, option->path, shape->value);
		ck_assert_int_eq(fclose(out), 0);
		if (shape->never)
			free(parse_bad(text, size));
		else
			either(text, size);
		free(text);
		text = NULL;
	}
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("shapes");
	Suite *s = suite_create("conf_shapes");

	find_presets();
	tcase_add_loop_test(tc, shape_of_values, 0, count_options());
	suite_add_tcase(s, tc);
	return run_suite(s);
}
