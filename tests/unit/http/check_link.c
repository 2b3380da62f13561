/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "http/link.h"

/* The targets of Link, whatever stands between them. */

static const struct {
	const char	*value;
	const char	*targets;	/* each with a space behind it */
} links[] = {
	{ "<a>", "a " },
	{ "<a>; rel=next", "a " },
	{ "<a>; rel=\"next\", <b>; rel=\"last\"", "a b " },
	{ "<a>,<b>,<c>", "a b c " },
	{ " , ,\t<a> , , <b>,", "a b " },
	{ "<>; rel=self", " " },
	/* commas, semicolons and brackets where they mean nothing */
	{ "<a,b;c>; title=\"x, <y>\", <d>", "a,b;c d " },
	{ "<a>; title=\"x\\\", <y>\"; rel=next, <d>", "a d " },
	{ "<a>; title=\"x\\\\\", <d>", "a d " },
	{ "<a>; title*=UTF-8''%e2%82%ac, <d>", "a d " },
	{ "<a>; x=<y>, <d>", "a d " },
	{ "<a><b>, <d>", "a d " },
	/* what cannot be read */
	{ "", "" },
	{ "a", "" },
	{ "a, <b>", "" },
	{ "<a", "" },
	{ "<a>, b, <c>", "a " },
	{ "<a>, <b", "a " },
	{ "<a>; title=\"x, <b>", "a " },
	{ "<a>; title=\"x\\", "a " },
	{ "\"<a>\"", "" },
};

START_TEST(targets)
{
	size_t len = strlen(links[_i].value);
	char *copy = malloc(len + 1);
	struct http1_str rest = { copy, len }, target;
	char got[64] = "";

	memcpy(copy, links[_i].value, len);
	while (link_next(&rest, &target)) {
		strncat(got, target.p, target.len);
		strncat(got, " ", 2);
	}
	ck_assert_str_eq(got, links[_i].targets);
	free(copy);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("link");
	TCase *c = tcase_create("link");

	ROWS(c, targets, links);
	suite_add_tcase(s, c);
	return run_suite(s);
}
