/* SPDX-License-Identifier: ISC */
#include "daemon/handing.h"

#include <string.h>

#include "check_alloc.h"
#include "check_run.h"

/*
 * Returns what it says where the nth allocation fails; 0: none does.  *left is
 * not 0 where there were fewer.  Check itself allocates: not meanwhile.
 */
static bool
say_head(struct handover *h, unsigned nth, unsigned *left)
{
	bool said;

	*h = (struct handover){ .fd = -1, .pass = -1, .passed = -1 };
	check_alloc = nth;
	said = handing_say_head(h, 42);
	*left = check_alloc;
	check_alloc = 0;
	return said;
}

START_TEST(the_head_is_one_line)
{
	struct handover h;
	unsigned left;

	ck_assert(say_head(&h, 0, &left));
	ck_assert_uint_gt(h.out.len, strlen("head "));
	ck_assert_int_eq(memcmp(h.out.p, "head ", strlen("head ")), 0);
	ck_assert_ptr_eq(memchr(h.out.p, '\n', h.out.len),
	    h.out.p + h.out.len - 1);
	handover_close(&h);
}
END_TEST

/* Without it the other one would wait for what never comes. */
START_TEST(who_asks_learns_that_there_is_no_head)
{
	struct handover h;
	unsigned left = 0, n;
	bool said;

	for (n = 1; left == 0; n++) {
		said = say_head(&h, n, &left);
		ck_assert_msg(said == (left > 0), "without allocation %u", n);
		handover_close(&h);
	}
	/* the line's, that of what is to go, and one that nobody wanted */
	ck_assert_uint_gt(n, 3);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("handing");
	TCase *tc = tcase_create("handing");

	tcase_add_test(tc, the_head_is_one_line);
	tcase_add_test(tc, who_asks_learns_that_there_is_no_head);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
