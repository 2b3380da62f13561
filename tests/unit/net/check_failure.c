/* SPDX-License-Identifier: ISC */
#include "net/failure.h"

#include <string.h>

#include "check_run.h"

/* Each has all that is told of it; no two have the same name. */
START_TEST(answers)
{
	const struct failure_answer *f = failure_answer((enum failure)_i);
	int other;

	ck_assert_int_ge(f->status, 400);
	ck_assert_ptr_nonnull(f->error);
	ck_assert_ptr_nonnull(f->kind);
	for (other = 0; other < _i; other++)
		ck_assert_str_ne(f->name,
		    failure_answer((enum failure)other)->name);
}
END_TEST

/* What is said of a parent does not say that it was the host. */
START_TEST(of_parents)
{
	const char *detail = failure_answer((enum failure)_i)->detail, *of;
	char buf[FAILURE_DETAIL];

	of = failure_of_parent((enum failure)_i, buf);
	ck_assert((of == NULL) == (detail == NULL));
	if (detail == NULL || _i == FAILURE_PARENT_REFUSED)
		return;
	ck_assert_msg(strstr(of, "the host") == NULL, "%s", of);
	ck_assert((strstr(detail, "the host") == NULL) ==
	    (of == detail));
	ck_assert_uint_lt(strlen(of), FAILURE_DETAIL - 1);
}
END_TEST

START_TEST(words)
{
	char buf[FAILURE_DETAIL];

	ck_assert_str_eq(failure_of_parent(FAILURE_REFUSED, buf),
	    "the parent proxy refused the connection");
	ck_assert_str_eq(failure_of_parent(FAILURE_TOO_LARGE, buf),
	    "the head of the parent proxy's response is too large");
	ck_assert_str_eq(failure_of_parent(FAILURE_DNS_TIMEOUT, buf),
	    "the resolver did not answer in time");
	ck_assert_ptr_null(failure_of_parent(FAILURE_TLS_ALERT, buf));
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("failure");
	TCase *tc = tcase_create("failure");

	tcase_add_loop_test(tc, answers, 0, FAILURES);
	tcase_add_loop_test(tc, of_parents, 0, FAILURES);
	tcase_add_test(tc, words);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return run_suite(suite());
}
