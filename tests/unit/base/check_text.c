/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include <string.h>

#include "check_run.h"

/* Linked with --wrap=realloc, and with the room's library alone. */

static bool	 no_memory;

void	*__real_realloc(void *, size_t);
void	*__wrap_realloc(void *, size_t);

void *
__wrap_realloc(void *p, size_t size)
{
	return no_memory ? NULL : __real_realloc(p, size);
}

static void
assert_text(const struct text *t, const char *expected)
{
	ck_assert(!t->failed);
	ck_assert_uint_eq(t->len, strlen(expected));
	ck_assert_mem_eq(t->p, expected, t->len);
}

START_TEST(pieces)
{
	struct text t = { 0 };

	text_put(&t, "GET /", 4);
	text_puts(&t, "a");
	text_puts(&t, "");
	text_put(&t, NULL, 0);
	text_putf(&t, "; %s=%d", "b", -1);
	assert_text(&t, "GET a; b=-1");
	text_free(&t);
}
END_TEST

static const struct {
	uint64_t	 n;
	const char	*text;
} numbers[] = {
	{ 0, "0" },
	{ 9, "9" },
	{ 10, "10" },
	{ 65535, "65535" },
	{ UINT64_MAX, "18446744073709551615" },
};

START_TEST(number)
{
	struct text t = { 0 };

	text_put_number(&t, numbers[_i].n);
	assert_text(&t, numbers[_i].text);
	text_free(&t);
}
END_TEST

/* All of what was put is there, however often it moved. */
START_TEST(grows)
{
	struct text t = { 0 };
	size_t i;

	for (i = 0; i < 20000; i++)
		text_put(&t, &"0123456789"[i % 10], 1);
	ck_assert(!t.failed);
	ck_assert_uint_eq(t.len, 20000);
	ck_assert_uint_ge(t.size, t.len);
	for (i = 0; i < t.len; i++)
		ck_assert_int_eq(t.p[i], "0123456789"[i % 10]);
	text_free(&t);
}
END_TEST

/* What is formatted ends where its bytes do. */
START_TEST(long_format)
{
	struct text t = { 0 };

	text_putf(&t, "%600s", "");
	ck_assert(!t.failed);
	ck_assert_uint_eq(t.len, 511);
	text_free(&t);
}
END_TEST

/* What was made room for does not move. */
START_TEST(reserved)
{
	struct text t = { 0 };
	const char *p;

	text_puts(&t, "a");
	ck_assert(text_reserve(&t, 100000));
	p = t.p;
	while (t.len < 100001)
		text_put(&t, "b", 1);
	ck_assert_ptr_eq(t.p, p);
	text_free(&t);
}
END_TEST

/* Of all bytes. */
START_TEST(hex_digits)
{
	static const char lower[] = "0123456789abcdef";
	static const char upper[] = "0123456789ABCDEF";
	const char *at;
	int c, digit;

	for (c = -128; c < 128; c++) {
		at = c != 0 ? strchr(lower, c) : NULL;
		digit = at != NULL ? (int)(at - lower) : -1;
		at = c != 0 ? strchr(upper, c) : NULL;
		if (at != NULL)
			digit = (int)(at - upper);
		ck_assert_int_eq(text_hex((char)c), digit);
	}
}
END_TEST

START_TEST(fails)
{
	struct text t = { 0 };

	text_puts(&t, "begin");
	no_memory = true;
	ck_assert(!text_reserve(&t, 1000));
	no_memory = false;
	ck_assert(t.failed);
	text_puts(&t, "more");
	ck_assert(!text_reserve(&t, 1));
	ck_assert_uint_eq(t.len, 5);
	ck_assert_mem_eq(t.p, "begin", 5);

	text_reset(&t);
	text_puts(&t, "again");
	assert_text(&t, "again");
	text_free(&t);
	ck_assert_ptr_null(t.p);
	ck_assert_uint_eq(t.size, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("text");
	TCase *tc = tcase_create("text");

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, pieces);
	ROWS(tc, number, numbers);
	tcase_add_test(tc, grows);
	tcase_add_test(tc, long_format);
	tcase_add_test(tc, reserved);
	tcase_add_test(tc, fails);
	tcase_add_test(tc, hex_digits);
	return run_suite(suite);
}
